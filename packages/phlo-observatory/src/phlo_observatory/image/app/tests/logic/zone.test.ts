// @vitest-environment jsdom
import { afterEach, expect, test } from 'vitest'
import { moment, secondTime } from '~/logic/format'
import { currentZone, setZone } from '~/logic/zone'

afterEach(() => setZone('local'))

test('times are shown in UTC, and say so, once that is chosen', () => {
  setZone('UTC')
  expect(moment(1_800_000_000)).toMatch(/8:00:00.* UTC$/)
  expect(secondTime('2026-12-01T15:04:05Z')).toMatch(/(15|3):04:05/)
  setZone('local')
  expect(currentZone()).toBe('local')
  expect(moment(1_800_000_000)).not.toContain('UTC')
})
