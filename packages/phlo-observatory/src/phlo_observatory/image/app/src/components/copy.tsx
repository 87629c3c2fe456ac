import { useEffect, useState } from 'react'
import { IconButton } from './button'

const SHOWN_MILLISECONDS = 2_000

/** A command or value with a button that copies it. */
export function Copyable({ text }: { text: string }) {
  return (
    <span className="copyable">
      <code className="wrap">{text}</code>
      <CopyButton label={`Copy ${text}`} text={() => text} />
    </span>
  )
}

/** Copies a text. Pages that came over plain HTTP from another machine have no clipboard: then there is no button. */
export function CopyButton({ label, text }: { label: string; text: () => string }) {
  const [isCopied, setCopied] = useState(false)
  const [canCopy, setCanCopy] = useState(false)
  useEffect(() => setCanCopy('clipboard' in navigator), [])
  const copy = async () => {
    await navigator.clipboard.writeText(text())
    setCopied(true)
    setTimeout(() => setCopied(false), SHOWN_MILLISECONDS)
  }
  if (!canCopy) return null
  return <IconButton icon={isCopied ? 'check' : 'copy'} label={isCopied ? 'Copied' : label} onPress={copy} />
}
