import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { EndedSessions } from '~/server/ended'
import { SESSION_SECONDS, newSession } from '~/server/session'

const NOW = 1_800_000_000_000
const file = () => join(mkdtempSync(join(tmpdir(), 'ended-')), 'ended.json')

afterEach(() => {
  vi.restoreAllMocks()
})

test('an ended session stays ended after a restart, and is forgotten when it would have ended anyway', () => {
  const path = file()
  const [one, other] = [newSession('t', NOW), newSession('t', NOW)]
  new EndedSessions(path, () => NOW).end(one)
  const again = new EndedSessions(path, () => NOW)
  expect([again.has(one), again.has(other)]).toEqual([true, false])
  const later = NOW + SESSION_SECONDS * 1000 + 1
  new EndedSessions(path, () => later).end(newSession('t', later))
  expect(readFileSync(path, 'utf8')).not.toContain(one.id)
})

test.each(['', '{', 'null', '[]', '{"notBefore": "x", "ended": []}', '\0\0'])(
  'with a file that is %j everybody has to sign in again, and can',
  (damaged) => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const path = file()
    writeFileSync(path, damaged)
    const ended = new EndedSessions(path, () => NOW)
    expect(ended.has(newSession('t', NOW - 1))).toBe(true)
    expect(ended.has(newSession('t', NOW))).toBe(false)
    expect(new EndedSessions(path, () => NOW + 1).has(newSession('t', NOW - 1))).toBe(true)
  },
)

test('endless signing in and out takes bounded memory, and no ended session comes back', () => {
  let now = NOW
  const ended = new EndedSessions(null, () => now)
  const first = newSession('t', now)
  ended.end(first)
  for (let index = 0; index < 10_000; index += 1) ended.end(newSession('t', (now += 1)))
  expect(ended.has(first)).toBe(true)
})

test('a session that runs out ends what it has open', () => {
  vi.useFakeTimers()
  const ended = new EndedSessions(null, () => NOW)
  const [signal] = ended.signal(newSession('t', NOW))
  vi.advanceTimersByTime(SESSION_SECONDS * 1000)
  expect(signal.aborted).toBe(true)
  vi.useRealTimers()
})
