/** Times in the reader's own zone, or in UTC as logs and servers have them; kept in the browser. */
export const ZONES = ['local', 'UTC'] as const
export type Zone = (typeof ZONES)[number]

const KEY = 'observatory_zone'
const listeners = new Set<() => void>()
let zone: Zone | null = null

export function currentZone(): Zone {
  zone ??= typeof localStorage !== 'undefined' && localStorage.getItem(KEY) === 'UTC' ? 'UTC' : 'local'
  return zone
}

export function setZone(chosen: Zone): void {
  zone = chosen
  localStorage.setItem(KEY, chosen)
  for (const listener of listeners) listener()
}

export function subscribeZone(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** For Intl: undefined is the reader's own zone. */
export function timeZone(): string | undefined {
  return currentZone() === 'UTC' ? 'UTC' : undefined
}
