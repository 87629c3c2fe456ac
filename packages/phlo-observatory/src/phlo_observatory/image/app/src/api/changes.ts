/** The stream of changes. One tab of the browser reads it for all of them: a browser opens few connections. */
import type { ChangeEvent } from '~/logic/changes'
import { ApiError } from './client'
import { report } from './connection'
import { type StreamState, followEvents } from './events'

const NAME = 'observatory-changes'
const RETRY_MILLISECONDS = 10_000

type Message = { event: ChangeEvent } | { lost: 'api' | 'observatory' } | 'alive'

/** Listen until the returned function is called. Connections and interruptions are reported as such. */
export function listen(take: (event: ChangeEvent) => void): () => void {
  const controller = new AbortController()
  const channel = new BroadcastChannel(NAME)
  const handle = (message: Message) => {
    if (message === 'alive') report({ kind: 'answered', at: Date.now() / 1000 })
    else if ('event' in message) take(message.event)
    else report({ kind: 'failed', link: message.lost })
  }
  channel.onmessage = ({ data }: MessageEvent<Message>) => handle(data)
  const publish = (message: Message) => {
    if (controller.signal.aborted) return
    handle(message)
    channel.postMessage(message)
  }
  const lead = () => readAll(controller.signal, publish)
  // Locks exist only on https and on localhost; elsewhere each tab reads the stream itself.
  const leading = navigator.locks ? navigator.locks.request(NAME, { signal: controller.signal }, lead) : lead()
  void leading.catch(() => undefined)
  return () => {
    controller.abort()
    channel.close()
  }
}

async function readAll(stopped: AbortSignal, publish: (message: Message) => void): Promise<void> {
  while (!stopped.aborted) {
    await readOnce(stopped, publish)
    await pause(RETRY_MILLISECONDS, stopped)
  }
}

/** Read the stream until it has ended for good: usually because the session has. */
async function readOnce(stopped: AbortSignal, publish: (message: Message) => void): Promise<void> {
  const over = new AbortController()
  let wasOpen = false
  await followEvents<ChangeEvent['data']>('/api/v1/changes', {
    last: { id: '' },
    signal: AbortSignal.any([stopped, over.signal]),
    take: (data, kind) => publish({ event: { kind, data } }),
    setState: (state) => {
      if (state.kind === 'open') publish('alive')
      // A stream that breaks off is only lost when the next attempt fails too.
      else if (state.kind === 'interrupted' && !wasOpen) publish({ lost: linkOf(state.error) })
      wasOpen = state.kind === 'open'
    },
    end: (state: StreamState) => {
      if (state.kind === 'failed' && state.error.status !== 401) publish({ lost: 'api' })
      publish({ event: { kind: 'over', data: {} } })
      over.abort()
    },
    alive: () => publish('alive'),
  }).catch(() => undefined)
}

function linkOf(error: unknown): 'api' | 'observatory' {
  return error instanceof ApiError ? 'api' : 'observatory'
}

function pause(milliseconds: number, stopped: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, milliseconds)
  stopped.addEventListener('abort', () => {
    clearTimeout(timer)
    resolve()
  })
  return promise
}
