/** Runs of SQL: what is sent, where its errors are, and results as files. */
import type { StatementError, StatementResult } from '~/api/types'

/** A place in a text, both from 1. */
export interface Place {
  line: number
  column: number
}

/** A text to run, which begins at a place of the editor: the selection, or all of it. */
export interface Running {
  id: string
  sql: string
  from: Place
}

export function newRun(sql: string, from: Place): Running {
  // Not randomUUID, which a page has only on https and on localhost.
  const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0'))
  return { id: id.join(''), sql, from }
}

/** Where an error is in the editor; null when the engine does not say. */
export function placeOf({ line, column }: StatementError, from: Place): Place | null {
  if (line === null || line === undefined) return null
  return { line: line + from.line - 1, column: (column ?? 1) + (line === 1 ? from.column - 1 : 0) }
}

const TITLES = { failed: 'Query failed', timeout: 'Query timed out', cancelled: 'Query cancelled' }

export function titleOf({ kind }: StatementError): string {
  return TITLES[kind]
}

/** RFC 4180: lists and maps are JSON, null is empty. */
export function csvOf({ columns, rows }: StatementResult): string {
  const text = (value: unknown) =>
    value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
  const cell = (value: unknown) =>
    /[",\r\n]/.test(text(value)) ? `"${text(value).replaceAll('"', '""')}"` : text(value)
  return [columns.map((column) => column.name), ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

/** A list of objects; of columns with one name the last counts. */
export function jsonOf({ columns, rows }: StatementResult): string {
  return JSON.stringify(
    rows.map((row) => Object.fromEntries(columns.map((column, index) => [column.name, row[index]]))),
  )
}
