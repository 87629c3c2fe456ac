import { useCallback, useState } from 'react'

/** A text that outlives the page, for as long as the browser's tab is open. */
export function useKept(key: string): [string | null, (text: string) => void] {
  const [text, setText] = useState(() => sessionStorage.getItem(key))
  const keep = useCallback(
    (written: string) => {
      sessionStorage.setItem(key, written)
      setText(written)
    },
    [key],
  )
  return [text, keep]
}
