/** Numbers and moments as text. */
import { timeZone } from './zone'

/** 0.4 s, 12 s, 3 min 5 s, 2 h 4 min. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–'
  if (seconds < 0.0995) return `${Math.max(0, Math.round(seconds * 1000))} ms`
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return joined([Math.floor(whole / 60), 'min'], [whole % 60, 's'])
  if (whole < 86_400) return joined([Math.floor(whole / 3600), 'h'], [Math.floor((whole % 3600) / 60), 'min'])
  return joined([Math.floor(whole / 86_400), 'd'], [Math.floor((whole % 86_400) / 3600), 'h'])
}

function joined(...parts: [number, string][]): string {
  return parts
    .filter(([amount], index) => amount > 0 || index === 0)
    .map(([amount, unit]) => `${amount} ${unit}`)
    .join(' ')
}

/** How long ago a moment was. at, now: seconds since the epoch. */
export function ago(at: number | null | undefined, now: number): string {
  if (at === null || at === undefined) return 'never'
  const past = now - at
  if (past < 5) return 'just now'
  return `${duration(Math.floor(past)).split(' ').slice(0, 2).join(' ')} ago`
}

/** Seconds since the epoch of a moment in ISO 8601; null for what is none, such as the engine's year 1. */
export function secondsOf(text: string): number | null {
  const at = Date.parse(text) / 1000
  return at > 0 ? at : null
}

/** The time of day. at: seconds since the epoch. */
export function clockTime(at: number): string {
  return new Date(at * 1000).toLocaleTimeString(undefined, { timeStyle: 'short', timeZone: timeZone() })
}

/** The time of day with seconds, of a text in ISO 8601; empty for what is no time. */
export function secondTime(text: string): string {
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? '' : at.toLocaleTimeString(undefined, { timeZone: timeZone() })
}

/** A moment in the reader's own zone and words. at: seconds since the epoch. */
export function moment(at: number | null | undefined): string {
  if (at === null || at === undefined) return '–'
  const zone = timeZone()
  const text = new Date(at * 1000).toLocaleString(undefined, {
    dateStyle: 'medium',
    timeStyle: 'medium',
    timeZone: zone,
  })
  return zone ? `${text} ${zone}` : text
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export function bytes(amount: number | null | undefined): string {
  if (amount === null || amount === undefined) return '–'
  let value = amount
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`
}

export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount.toLocaleString()} ${amount === 1 ? one : many}`
}

/** A cell of a result as text; null is told apart from an empty text by who shows it. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** A limit of a container: bytes where it is about memory. */
export function resourceText(name: string, value: unknown): string {
  if (typeof value === 'number' && name.includes('memory')) return bytes(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
