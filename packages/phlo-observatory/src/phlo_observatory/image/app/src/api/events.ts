/** A stream of server-sent events as a hook. After an interruption it goes on where it stopped (`Last-Event-ID`). */
import { fetchEventSource } from '@microsoft/fetch-event-source'
import { useEffect, useRef, useState } from 'react'
import { ApiError, errorOf } from './client'

export type StreamState =
  | { kind: 'connecting' }
  | { kind: 'open' }
  /** Interrupted; the next attempt follows by itself. */
  | { kind: 'interrupted'; error: unknown }
  /** Over. reason: as the last event gives it, `revoked` for a session that is over. */
  | { kind: 'ended'; reason: string }
  | { kind: 'failed'; error: ApiError }

export interface Handlers<T> {
  take: (data: T, kind: string) => void
  /** Tells that no event follows. */
  isLast?: (data: T) => boolean
}

const FIRST_RETRY = 1_000
const LONGEST_RETRY = 10_000
/** The stream was ended because this client read too slowly: it goes on from its last event. */
const BEHIND = 'behind'
/** phlo-api writes at least every 15 seconds; a stream without a byte for so long is a lost connection. */
const SILENCE = 40_000

/** Listen to a stream while `path` is not null. Another `attempt` takes up a stream that had ended. */
export function useEvents<T>(path: string | null, handlers: Handlers<T>, attempt = 0): StreamState {
  const [state, setState] = useState<StreamState>({ kind: 'connecting' })
  const latest = useRef(handlers)
  useEffect(() => {
    latest.current = handlers
  })
  const lastId = useRef({ path, id: '' })
  useEffect(() => {
    if (path === null) return
    if (lastId.current.path !== path) lastId.current = { path, id: '' }
    setState({ kind: 'connecting' })
    const controller = new AbortController()
    const end = (last: StreamState) => {
      controller.abort()
      setState(last)
    }
    followEvents<T>(path, {
      last: lastId.current,
      signal: controller.signal,
      take: (data, kind) => latest.current.take(data, kind),
      isLast: (data) => latest.current.isLast?.(data) ?? false,
      setState,
      end,
    }).catch(() => undefined)
    return () => controller.abort()
  }, [path, attempt])
  return state
}

interface Following<T> extends Handlers<T> {
  /** The id of the newest event, which is kept up to date. */
  last: { id: string }
  signal: AbortSignal
  setState: (state: StreamState) => void
  /** Called with the last state; it aborts the signal. */
  end: (state: StreamState) => void
  /** Called when something arrives, a heartbeat too. */
  alive?: () => void
}

/** Follow a stream until it ends or the signal is aborted, with new attempts after interruptions. */
export async function followEvents<T>(path: string, following: Following<T>): Promise<void> {
  const { last, signal, setState, end, alive = () => undefined } = following
  let wait = FIRST_RETRY
  await fetchEventSource(path, {
    signal,
    headers: last.id ? { 'last-event-id': last.id } : {},
    // A hidden page goes on listening, so that nothing is missing when it is shown again.
    openWhenHidden: true,
    fetch: async (input, init) => watched(await fetch(input, init), alive),
    async onopen(answer) {
      if (!answer.ok) throw await errorOf(answer)
      wait = FIRST_RETRY
      setState({ kind: 'open' })
    },
    onmessage({ event, data, id }) {
      if (signal.aborted) return
      if (id) last.id = id
      if (event === 'revoked') return end({ kind: 'ended', reason: event })
      if (event === 'end') {
        const { reason = event } = JSON.parse(data) as { reason?: string }
        if (reason === BEHIND) throw new Error('lines came faster than they were taken')
        return end({ kind: 'ended', reason })
      }
      if (data === '') return
      const value = JSON.parse(data) as T
      following.take(value, event || 'message')
      if (following.isLast?.(value)) end({ kind: 'ended', reason: 'end' })
    },
    onclose() {
      if (!signal.aborted) throw new Error('the connection was closed before the end of the stream')
    },
    onerror(error) {
      if (error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429) {
        end({ kind: 'failed', error })
        throw error // no further attempt
      }
      setState({ kind: 'interrupted', error })
      wait = Math.min(wait * 2, LONGEST_RETRY)
      return wait / 2
    },
  })
}

/** A stream that fails when nothing arrives any more. */
function watched(answer: Response, alive: () => void): Response {
  if (!answer.ok || !answer.body) return answer
  const reader = answer.body.getReader()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const timer = setTimeout(() => controller.error(new Error('the stream is silent')), SILENCE)
      try {
        const { done, value } = await reader.read()
        if (done) return controller.close()
        alive()
        controller.enqueue(value)
      } finally {
        clearTimeout(timer)
      }
    },
    cancel: (reason) => reader.cancel(reason),
  })
  return new Response(body, { status: answer.status, headers: answer.headers })
}
