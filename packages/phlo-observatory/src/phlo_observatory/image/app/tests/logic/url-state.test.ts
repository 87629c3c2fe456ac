import { expect, test } from 'vitest'
import { sortOf, sortText } from '~/logic/url-state'

test.each([
  ['name', [{ id: 'name', desc: false }]],
  ['-took', [{ id: 'took', desc: true }]],
  ['', []],
])('%s as the order of a table, there and back', (text, sort) => {
  expect(sortOf(text)).toEqual(sort)
  expect(sortText(sort)).toBe(text)
})
