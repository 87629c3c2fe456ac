/** A stream of server-sent events as a hook. The browser takes it up again where it broke off. */
import { useEffect, useRef, useState } from 'react'

export type StreamState = 'connecting' | 'open' | 'ended' | 'broken'

/** Listen to a stream while `path` is not null. `take` gets every event's data and kind; `isLast` tells that none follows. */
export function useEvents<T>(
  path: string | null,
  take: (data: T, kind: string) => void,
  isLast?: (data: T) => boolean,
): StreamState {
  const [state, setState] = useState<StreamState>('connecting')
  const latest = useRef({ take, isLast })
  useEffect(() => {
    latest.current = { take, isLast }
  })
  useEffect(() => {
    if (path === null) return
    setState('connecting')
    const source = new EventSource(path)
    const end = () => {
      source.close()
      setState('ended')
    }
    const receive = (event: MessageEvent<string>) => {
      const data = JSON.parse(event.data) as T
      latest.current.take(data, event.type)
      if (latest.current.isLast?.(data)) end()
    }
    source.onopen = () => setState('open')
    source.onmessage = receive
    for (const kind of ['line', 'lost']) source.addEventListener(kind, receive)
    source.addEventListener('end', end)
    source.onerror = () => setState(source.readyState === EventSource.CLOSED ? 'broken' : 'connecting')
    return () => source.close()
  }, [path])
  return state
}
