/** Which chart fits a result, and its points. */
import type { StatementResult } from '~/api/types'

export type Rows = Pick<StatementResult, 'columns' | 'rows'>

export interface Point {
  label: string
  value: number
}

export interface ChartChoice {
  /** Indexes of columns. */
  x: number
  y: number
  kind: 'bar' | 'line'
}

const NUMBER = /^(tinyint|smallint|integer|int|bigint|real|double|float|decimal|numeric|number|hugeint|u\w*int)\b/i
const MOMENT = /^(date|time)/i
export const MOST_POINTS = 200

export function isNumber(type: string): boolean {
  return NUMBER.test(type)
}

/** The first column that names things with the first that counts them; null when there is nothing to draw. */
export function chooseChart(result: Rows): ChartChoice | null {
  if (result.rows.length < 2) return null
  const columns = result.columns
  const named = columns.findIndex((column) => !isNumber(column.type))
  const x = named === -1 ? 0 : named
  const y = columns.findIndex((column, index) => index !== x && isNumber(column.type))
  if (y === -1) return null
  return { x, y, kind: isInOrder(result, x) ? 'line' : 'bar' }
}

/** A column of moments, or of numbers or months that only rise, is a course of time. */
function isInOrder(result: Rows, column: number): boolean {
  const values = result.rows.map((row) => row[column])
  const type = result.columns[column]?.type ?? ''
  const isOrdered = MOMENT.test(type) || isNumber(type) || values.every((value) => /^\d{4}-\d\d/.test(String(value)))
  return (
    isOrdered &&
    values.every(
      (value, index) =>
        index === 0 || String(value) >= String(values[index - 1]) || Number(value) >= Number(values[index - 1]),
    )
  )
}

export function points(result: Rows, choice: ChartChoice): Point[] {
  return result.rows
    .slice(0, MOST_POINTS)
    .map((row) => ({
      label: row[choice.x] === null ? 'null' : String(row[choice.x]),
      value: row[choice.y] === null ? NaN : Number(row[choice.y]),
    }))
    .filter((point) => Number.isFinite(point.value))
}

/** Round values for an axis that begins at zero, or below for negative values. */
export function axis(values: number[], most = 4): { low: number; high: number; marks: number[] } {
  const low = Math.min(0, ...values)
  const high = Math.max(0, ...values) || (low === 0 ? 1 : 0)
  const span = high - low
  const power = 10 ** Math.floor(Math.log10(span / most))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= span / most) ?? power * 10
  const first = Math.floor(low / step)
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9))
  const marks = Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)))
  return { low: first * step, high: last * step, marks }
}
