import { expect, test } from 'vitest'
import { ago, bytes, cellText, count, duration, resourceText } from '~/logic/format'

test.each([
  [0, '0 ms'],
  [0.0042, '4 ms'],
  [0.0996, '0.1 s'],
  [0.4, '0.4 s'],
  [9.96, '10 s'],
  [59.6, '1 min'],
  [185, '3 min 5 s'],
  [7440, '2 h 4 min'],
  [90_000, '1 d 1 h'],
  [null, '–'],
  [Number.NaN, '–'],
])('%s seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text)
})

test.each([
  [98, 'just now'],
  [38, '1 min ago'],
  [-7100, '2 h ago'],
  [null, 'never'],
])('what was at %s is, at 100, %s', (at, text) => {
  expect(ago(at, 100)).toBe(text)
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [536_870_912, '512 MiB'],
  [null, '–'],
])('%s bytes are %s', (amount, text) => {
  expect(bytes(amount)).toBe(text)
})

test('one is one, and more are many', () => {
  expect([count(1, 'row'), count(0, 'row'), count(2, 'entry', 'entries')]).toEqual(['1 row', '0 rows', '2 entries'])
})

test('a cell of any kind is text', () => {
  expect([null, 3, 'x', { a: [1] }].map(cellText)).toEqual(['', '3', 'x', '{"a":[1]}'])
})

test('a limit of memory is told in bytes, any other as it is', () => {
  expect([resourceText('memory_limit', 1024), resourceText('cpus', 2)]).toEqual(['1.0 KiB', '2'])
})
