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
const OF_RUN = { v: 2, run: 'r' } as const
const WAIT = { ...OF_RUN, step: 'local/db/wait', host: 'local', service: 'db', operation: 'wait', name: 'wait' }

const EVENTS: RunEvent[] = [
  { ...OF_RUN, kind: 'run_started', time: 100, title: 'up' },
  { ...WAIT, kind: 'step_started', time: 101 },
  { ...WAIT, kind: 'step_progress', time: 102, message: 'pulling' },
  {
    ...WAIT,
    kind: 'step_finished',
    time: 104,
    status: 'changed',
    seconds: 3,
    changes: [{ at: 'container:db', verb: 'create', causes: ['not found'] }],
  },
  { ...OF_RUN, kind: 'run_finished', time: 110, result: 'changed', seconds: 10 },
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
    changes: [{ verb: 'create', is_counted: true }],
  })
})

test('events that come again after a broken connection change nothing', () => {
  const once = EVENTS.reduce(withEvent, EMPTY)
  expect(EVENTS.reduce(withEvent, once)).toEqual(once)
})

test('a task of a role shows what the step that it is a part of is at', () => {
  const task = { ...WAIT, step: 'local/db/wait/1 fill', operation: 'exec', name: 'fill', play: 'db', number: 1 }
  const part: RunEvent = { ...task, parent: WAIT.step, kind: 'step_started', time: 103 }
  const run = [...EVENTS.slice(0, 3), part].reduce(withEvent, EMPTY)
  expect(run.steps.map((step) => [step.id, step.message])).toEqual([[WAIT.step, 'fill']])
})

test('a service that is put back is a step of its own', () => {
  const undo = { ...OF_RUN, host: 'local', service: 'db' }
  const events: RunEvent[] = [
    { ...undo, kind: 'undo_started', time: 5 },
    { ...undo, kind: 'undo_finished', time: 7, status: 'rolled-back' },
  ]
  const run = events.reduce(withEvent, EMPTY)
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
  ['volume:data', 'volume', 'volume data'],
  ['container', 'container', 'container'],
  ['copy the page', 'copy', 'copy'],
])('the step %s is called what it does', (name, operation, shown) => {
  expect(stepName({ name, operation })).toBe(shown)
})
