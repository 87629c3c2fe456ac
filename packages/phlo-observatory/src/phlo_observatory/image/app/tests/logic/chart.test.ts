import { expect, test } from 'vitest'
import { type Rows, axis, chooseChart, points } from '~/logic/chart'

const result = (columns: string[], rows: unknown[][]): Rows => ({
  columns: columns.map((column) => {
    const [name = '', type = ''] = column.split(' ')
    return { name, type }
  }),
  rows,
})

test.each([
  [
    'names and numbers are bars',
    ['folder varchar', 'lines bigint'],
    [
      ['b', 1],
      ['a', 2],
    ],
    { x: 0, y: 1, kind: 'bar' },
  ],
  [
    'the first of many numbers counts',
    ['n integer', 'x varchar', 'm double'],
    [
      [1, 'b', 2],
      [2, 'a', 3],
    ],
    { x: 1, y: 0, kind: 'bar' },
  ],
  [
    'moments that rise are a line',
    ['at timestamp(6)', 'n bigint'],
    [
      ['2026-01-01 00:00', 1],
      ['2026-01-02 00:00', 2],
    ],
    { x: 0, y: 1, kind: 'line' },
  ],
  [
    'months that rise are a line',
    ['month varchar', 'n bigint'],
    [
      ['2026-01', 1],
      ['2026-02', 2],
    ],
    { x: 0, y: 1, kind: 'line' },
  ],
  [
    'numbers by numbers that rise are a line',
    ['x integer', 'y integer'],
    [
      [9, 1],
      [10, 2],
    ],
    { x: 0, y: 1, kind: 'line' },
  ],
  [
    'without a number there is no chart',
    ['a varchar', 'b varchar'],
    [
      ['x', 'y'],
      ['x', 'y'],
    ],
    null,
  ],
  ['of one row there is no chart', ['a varchar', 'n bigint'], [['x', 1]], null],
])('%s', (_, columns, rows, choice) => {
  expect(chooseChart(result(columns, rows))).toEqual(choice)
})

test('what is no number is left out, and a name may be missing', () => {
  const found = points(
    result(
      ['a varchar', 'n decimal(3,1)'],
      [
        [null, '2.5'],
        ['x', 'many'],
      ],
    ),
    { x: 0, y: 1, kind: 'bar' },
  )
  expect(found).toEqual([{ label: 'null', value: 2.5 }])
})

test.each([
  [
    [3, 78],
    [0, 20, 40, 60, 80],
  ],
  [
    [-5, 10],
    [-5, 0, 5, 10],
  ],
  [
    [0.12, 0.3],
    [0, 0.1, 0.2, 0.3],
  ],
  [[], [0, 0.5, 1]],
])('the axis of %j is round and holds zero', (values, marks) => {
  expect(axis(values).marks).toEqual(marks)
})

test('a column that is no number is not drawn', () => {
  const rows = [
    ['a', '1 day'],
    ['b', '2 days'],
  ]
  expect(chooseChart(result(['name varchar', 'took interval'], rows))).toBeNull()
})

test('a value that is missing is no zero', () => {
  const found = result(
    ['name varchar', 'n integer'],
    [
      ['a', null],
      ['b', 2],
    ],
  )
  expect(points(found, { x: 0, y: 1, kind: 'bar' })).toEqual([{ label: 'b', value: 2 }])
})
