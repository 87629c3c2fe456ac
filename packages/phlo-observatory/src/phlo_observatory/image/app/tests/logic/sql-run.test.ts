import { expect, test } from 'vitest'
import type { StatementError, StatementResult } from '~/api/types'
import { csvOf, jsonOf, newRun, placeOf } from '~/logic/sql-run'

const error = (line: number | null, column: number | null): StatementError => ({
  kind: 'failed',
  message: '',
  name: '',
  line,
  column,
})

test.each([
  ['of all of the text', error(2, 5), { line: 1, column: 1 }, { line: 2, column: 5 }],
  ['in the first line of a selection', error(1, 5), { line: 3, column: 10 }, { line: 3, column: 14 }],
  ['in a further line of a selection', error(2, 5), { line: 3, column: 10 }, { line: 4, column: 5 }],
  ['without a column', error(2, null), { line: 1, column: 1 }, { line: 2, column: 1 }],
  ['that the engine does not give', error(null, null), { line: 1, column: 1 }, null],
])('the place of an error %s', (_, found, from, place) => {
  expect(placeOf(found, from)).toEqual(place)
})

const result = {
  columns: [{ name: 'a' }, { name: 'b, c' }],
  rows: [
    ['say "x"\n', null],
    [1, { k: [1] }],
  ],
} as unknown as StatementResult

test('a result as a file', () => {
  expect(csvOf(result)).toBe('a,"b, c"\r\n"say ""x""\n",\r\n1,"{""k"":[1]}"\r\n')
  expect(JSON.parse(jsonOf(result))).toEqual([
    { a: 'say "x"\n', 'b, c': null },
    { a: 1, 'b, c': { k: [1] } },
  ])
})

test('each run has an id of its own, in the form that phlo-api takes', () => {
  const ids = [1, 2].map(() => newRun('SELECT 1', { line: 1, column: 1 }).id)
  expect(new Set(ids).size).toBe(2)
  expect(ids[0]).toMatch(/^[0-9a-f]{32}$/)
})
