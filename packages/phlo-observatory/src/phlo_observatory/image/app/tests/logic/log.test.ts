import { expect, test } from 'vitest'
import type { LogLine } from '~/api/types'
import { EMPTY_LOG, MOST_LINES, plainText, released, withLines } from '~/logic/log'

const line = (time: string, container = 'web-1', text = 'x') =>
  ({ time, container, text, service: 'web', host: 'local' }) as LogLine
const many = (count: number) => Array.from({ length: count }, (_, index) => line(String(index)))

test('while one reads above the end, the shown lines stay and new ones are counted', () => {
  const shown = withLines(EMPTY_LOG, many(3), true)
  const held = withLines(shown, many(2), false)
  expect(held.lines).toBe(shown.lines)
  expect(held.held).toHaveLength(2)
  expect(released(held).lines.map(({ key }) => key)).toEqual([0, 1, 2, 3, 4])
})

test('older lines than can be kept are removed, and counted', () => {
  const log = withLines(withLines(EMPTY_LOG, many(MOST_LINES), true), many(5), true)
  expect([log.lines.length, log.dropped, log.lines[0]?.key]).toEqual([MOST_LINES, 5, 5])
})

test('what is held is bounded too', () => {
  const log = withLines(EMPTY_LOG, many(MOST_LINES + 7), false)
  expect([log.held.length, log.dropped]).toEqual([MOST_LINES, 7])
})

test('a copied log has no escape sequences', () => {
  const text = '\u001b[1;32mok\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007\r'
  expect(plainText([line('12:00', 'web-1', text)])).toBe('12:00 web ok link\n')
})
