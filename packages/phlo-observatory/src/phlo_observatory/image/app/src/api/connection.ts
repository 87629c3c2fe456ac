/** The state of the connection, as every request and the browser report it. */
import { useSyncExternalStore } from 'react'
import { type Connection, type Signal, UNKNOWN, afterSignal } from '~/logic/connection'

let connection: Connection = UNKNOWN
const listeners = new Set<() => void>()

export function report(signal: Signal): void {
  connection = afterSignal(connection, signal)
  for (const listener of listeners) listener()
}

export function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function currentConnection(): Connection {
  return connection
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, currentConnection, () => UNKNOWN)
}

/** Report the browser's own events. Returns what ends it. */
export function watchNetwork(): () => void {
  const offline = () => report({ kind: 'offline' })
  const online = () => report({ kind: 'online' })
  window.addEventListener('offline', offline)
  window.addEventListener('online', online)
  if (!navigator.onLine) offline()
  return () => {
    window.removeEventListener('offline', offline)
    window.removeEventListener('online', online)
  }
}
