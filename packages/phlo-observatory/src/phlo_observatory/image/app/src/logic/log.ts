/** The lines of a log that a page keeps, while it follows the end and while it is read above the end. */
import type { LogLine } from '~/api/types'

export const MOST_LINES = 10_000

export interface NumberedLine extends LogLine {
  /** Unique, and rising: the number of the line since the log was opened. */
  key: number
}

/** lines: shown. held: came while the reader was above the end. dropped: how many older lines are not kept. */
export interface Log {
  lines: readonly NumberedLine[]
  held: readonly NumberedLine[]
  dropped: number
  total: number
}

export const EMPTY_LOG: Log = { lines: [], held: [], dropped: 0, total: 0 }

/** The log with new lines. Without `isFollowing` the shown lines do not change, so the view does not move. */
export function withLines(log: Log, fresh: readonly LogLine[], isFollowing: boolean): Log {
  const numbered = fresh.map((line, index) => ({ ...line, key: log.total + index }))
  const total = log.total + fresh.length
  if (isFollowing) return bounded(log, [...log.lines, ...log.held, ...numbered], [], total)
  return bounded(log, log.lines, [...log.held, ...numbered], total)
}

/** The log once the reader is at its end again: what was held is shown. */
export function released(log: Log): Log {
  return log.held.length === 0 ? log : withLines(log, [], true)
}

function bounded(log: Log, lines: readonly NumberedLine[], held: readonly NumberedLine[], total: number): Log {
  const surplus = Math.max(0, lines.length - MOST_LINES) + Math.max(0, held.length - MOST_LINES)
  return { lines: newest(lines), held: newest(held), dropped: log.dropped + surplus, total }
}

function newest(lines: readonly NumberedLine[]): readonly NumberedLine[] {
  return lines.length > MOST_LINES ? lines.slice(-MOST_LINES) : lines
}

const ESCAPE = '\u001b'
// Control characters that move the cursor or ring; a tab stays.
const CONTROLS = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f]/g

/** Whether a line has colours or other escape sequences. */
export function hasEscapes(text: string): boolean {
  return text.includes(ESCAPE)
}

export function withoutControls(text: string): string {
  return text.replaceAll(CONTROLS, '')
}

/** Lines as text for the clipboard or a file, without escape sequences. */
export function plainText(lines: readonly LogLine[]): string {
  return lines.map((line) => `${line.time} ${line.service} ${withoutEscapes(line.text)}\n`).join('')
}

// ECMA-48: control sequences, and operating system commands up to their end.
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g

function withoutEscapes(text: string): string {
  return withoutControls(text.replaceAll(SEQUENCES, ''))
}
