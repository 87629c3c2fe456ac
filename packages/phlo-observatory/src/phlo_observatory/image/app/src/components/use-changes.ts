import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { listen } from '~/api/changes'
import { type Affected, affectedBy } from '~/logic/changes'

const GATHER_MILLISECONDS = 200
/** A plan reads the state of every host: while much changes it is made again only so often. */
const PLAN_MILLISECONDS = 5_000

/** Request again what has changed, as the stream of changes reports it. */
export function useChanges(): void {
  const queryClient = useQueryClient()
  useEffect(() => {
    const waiting = new Map<string, ReturnType<typeof setTimeout>>()
    const refresh = ({ key, isExact: exact = false }: Affected) => {
      const name = `${key.join('/')} ${exact}`
      if (waiting.has(name)) return
      const wait = key[0] === 'plan' ? PLAN_MILLISECONDS : GATHER_MILLISECONDS
      const send = () => {
        waiting.delete(name)
        void queryClient.invalidateQueries({ queryKey: key, exact })
      }
      waiting.set(name, setTimeout(send, wait))
    }
    const stop = listen((event) => affectedBy(event).forEach(refresh))
    return () => {
      stop()
      for (const timer of waiting.values()) clearTimeout(timer)
    }
  }, [queryClient])
}
