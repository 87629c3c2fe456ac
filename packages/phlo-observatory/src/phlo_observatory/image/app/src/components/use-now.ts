import { useEffect, useState } from 'react'

/** The time, seconds since the epoch, renewed every so many seconds. every: null keeps it as it is. */
export function useNow(every: number | null): number {
  const [now, setNow] = useState(() => Date.now() / 1000)
  useEffect(() => {
    if (every === null) return
    const timer = setInterval(() => setNow(Date.now() / 1000), every * 1000)
    return () => clearInterval(timer)
  }, [every])
  return now
}
