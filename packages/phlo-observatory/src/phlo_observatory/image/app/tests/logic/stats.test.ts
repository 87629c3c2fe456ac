import { expect, test } from 'vitest'
import type { Sample, Stats } from '~/api/types'
import { newest, sparkline, usageText } from '~/logic/stats'

const sample = (time: number, cpu_cores: number | null): Sample => ({
  time,
  cpu_cores,
  memory_bytes: 0,
  received_per_second: null,
  sent_per_second: null,
})
const stats: Stats = { interval_seconds: 15, now: 3600, services: [], hosts: [] }
const box = { width: 100, height: 10, now: 3600, seconds: 3600, gap: 45 }

test('a course fills the box, from left to right', () => {
  expect(sparkline([sample(3570, 1), sample(3585, 0), sample(3600, 2)], 'cpu', { ...box, seconds: 60 })).toEqual([
    '50.0,5.0 75.0,10.0 100.0,0.0',
  ])
})

test('missing samples are a gap, and what is older than the box is left out', () => {
  const pieces = sparkline([sample(-5, 9), sample(100, null), sample(1800, 1), sample(3600, 1)], 'cpu', box)
  expect(pieces).toEqual(['50.0,0.0', '100.0,0.0'])
})

test('a service that uses nothing is a line at the bottom', () => {
  expect(sparkline([sample(3600, 0)], 'cpu', box)).toEqual(['100.0,10.0'])
})

test('figures that are too old are not shown as the present state', () => {
  expect(newest([sample(3590, 1)], stats)?.time).toBe(3590)
  expect(newest([sample(3500, 1)], stats)).toBeUndefined()
  expect(newest([], stats)).toBeUndefined()
})

test.each([
  [0.254, 'cpu', '0.25 cores'],
  [3.04, 'cpu', '3.0 cores'],
  [1536, 'memory', '1.5 KiB'],
  [0, 'sent', '0 B/s'],
  [null, 'cpu', '–'],
] as const)('%s of %s is %s', (value, measure, text) => {
  expect(usageText(value, measure)).toBe(text)
})
