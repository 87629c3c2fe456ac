import { expect, test } from 'vitest'
import type { Run, RunEvent } from '~/api/types'
import { bars, isLive, isNews, runLength, stepName, ticks, withEvent } from '~/logic/run'

const EMPTY: Run = {
  id: 'r',
  title: '',
  began: 0,
  seconds: null,
  result: 'running',
  counts: {},
  by: null,
  notes: [],
  steps: [],
  critical_path: [],
}
const event = (kind: string, time: number, rest: Partial<RunEvent> = {}): RunEvent => ({
  kind,
  time,
  run: 'r',
  ...rest,
})
const WAIT = { step: 'local/db/wait', host: 'local', service: 'db', operation: 'wait' }

const EVENTS = [
  event('run_started', 100, { message: 'up' }),
  event('step_started', 101, WAIT),
  event('step_progress', 102, { ...WAIT, message: 'pulling' }),
  event('step_finished', 104, {
    ...WAIT,
    status: 'changed',
    seconds: 3,
    changes: [{ at: 'container:db', verb: 'create', causes: ['not found'], is_counted: true }],
  }),
  event('run_finished', 110, { message: 'changed', seconds: 10 }),
]

test('a run is what its events tell', () => {
  const run = EVENTS.reduce(withEvent, EMPTY)
  expect(run).toMatchObject({ title: 'up', began: 100, seconds: 10, result: 'changed' })
  expect(run.steps).toHaveLength(1)
  expect(run.steps[0]).toMatchObject({
    status: 'changed',
    began: 1,
    ended: 4,
    seconds: 3,
    message: '',
    changes: [{ verb: 'create' }],
  })
})

test('events that come again after a broken connection change nothing', () => {
  const once = EVENTS.reduce(withEvent, EMPTY)
  expect(EVENTS.reduce(withEvent, once)).toEqual(once)
})

test('a service that is put back is a step of its own', () => {
  const undo = { host: 'local', service: 'db' }
  const run = [event('undo_started', 5, undo), event('undo_finished', 7, { ...undo, status: 'rolled-back' })].reduce(
    withEvent,
    EMPTY,
  )
  expect(run.steps[0]).toMatchObject({ id: 'local/db/undo', status: 'rolled-back', seconds: 2 })
})

test('a step that still runs has no end, and its bar reaches until now', () => {
  const run = EVENTS.slice(0, 3).reduce(withEvent, EMPTY)
  const [bar] = bars(run, 111)
  expect(run.steps[0]).toMatchObject({ status: null, message: 'pulling' })
  expect(bar?.left).toBeCloseTo(100 / 11)
  expect((bar?.left ?? 0) + (bar?.width ?? 0)).toBeCloseTo(100)
})

test('a bar has its place in the whole run', () => {
  const [bar] = bars(EVENTS.reduce(withEvent, EMPTY), 0)
  expect(bar).toMatchObject({ left: 10, width: 30 })
})

test('a run without steps that ended at once has a length to divide by', () => {
  expect(runLength({ ...EMPTY, result: 'ok', seconds: 0 }, 0)).toBeGreaterThan(0)
})

test('only a run under way is live', () => {
  expect([isLive({ result: 'running' }), isLive({ result: 'changed' })]).toEqual([true, false])
})

test.each([
  ['ok', false],
  ['skipped', false],
  ['changed', true],
  ['failed', true],
  [null, true],
])('a step that is %s is news: %s', (status, news) => {
  const [step] = EVENTS.reduce(withEvent, EMPTY).steps
  expect(step && isNews({ ...step, status })).toBe(news)
})

test.each([
  [49.1, [0, 10, 20, 30, 40]],
  [0.35, [0, 0.1, 0.2, 0.3]],
  [10, [0, 2, 4, 6, 8, 10]],
])('an axis of %s seconds has round marks', (length, marks) => {
  ticks(length).forEach((tick, index) => expect(tick).toBeCloseTo(marks[index] ?? Number.NaN))
})

test.each([
  ['local//volume:data', 'volume', 'volume data'],
  ['local/web/container', 'container', 'container'],
  ['local/site/1 copy', 'copy', 'copy'],
])('the step %s is called what it does', (id, operation, name) => {
  expect(stepName({ id, operation })).toBe(name)
})
