import { useEffect, useState } from 'react'
import { IconButton } from './button'

/** A command or value to take along. */
export function Copyable({ text }: { text: string }) {
  const [isCopied, setCopied] = useState(false)
  // A page that came over plain http from another machine has no clipboard.
  const [canCopy, setCanCopy] = useState(false)
  useEffect(() => setCanCopy('clipboard' in navigator), [])
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 2_000)
  }
  return (
    <span className="copyable">
      <code>{text}</code>
      {canCopy && (
        <IconButton icon={isCopied ? 'check' : 'copy'} label={isCopied ? 'Copied' : `Copy ${text}`} onPress={copy} />
      )}
    </span>
  )
}
