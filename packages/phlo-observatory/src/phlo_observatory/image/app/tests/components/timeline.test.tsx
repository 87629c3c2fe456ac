// @vitest-environment jsdom
import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import type { Run, RunStep } from '~/api/types'
import { Cause, Timeline } from '~/components/timeline'

const step = (service: string, rest: Partial<RunStep> = {}): RunStep => ({
  id: `local/${service}/container`,
  host: 'local',
  service,
  operation: 'container',
  name: 'container',
  status: 'ok',
  began: 0,
  ended: 2,
  undone: false,
  critical: service === 'slow',
  seconds: 2,
  changes: [],
  message: '',
  detail: [],
  ...rest,
})
const run = (...steps: RunStep[]): Run => ({
  id: 'r',
  title: 'up',
  began: 10,
  seconds: 5,
  result: 'changed',
  counts: {},
  by: null,
  notes: [],
  steps,
  critical_path: ['local/slow/container'],
})

test('steps without news are left out until one wants them', () => {
  const told = run(step('quiet'), step('slow'), step('web', { status: 'changed' }))
  const { rerender } = render(<Timeline run={told} showsAll={false} />)
  expect(screen.getAllByRole('button').map((row) => row.querySelector('strong')?.textContent)).toEqual(['slow', 'web'])
  rerender(<Timeline run={told} showsAll />)
  expect(screen.getAllByRole('button')).toHaveLength(3)
})

test('a step opens to tell what it did and why', async () => {
  const changes = [{ at: 'container:web', verb: 'recreate', causes: ['image: 1.0 -> 1.1'], is_counted: true }]
  render(<Timeline run={run(step('web', { status: 'changed', changes }))} showsAll={false} />)
  const row = screen.getByRole('button', { name: /web container/ })
  expect(screen.queryByText('recreate')).toBeNull()
  await userEvent.click(row)
  expect(row.getAttribute('aria-expanded')).toBe('true')
  expect(screen.getByText('recreate')).toBeTruthy()
  expect(screen.getByText('1.1').tagName).toBe('INS')
})

test('a failed step is open from the start, with its last lines', () => {
  const failed = step('web', { status: 'failed', message: 'exited with status 1', detail: ['line 1', 'ImportError'] })
  render(<Timeline run={run(failed)} showsAll={false} />)
  expect(screen.getByText('exited with status 1')).toBeTruthy()
  expect(screen.getByText(/ImportError/)).toBeTruthy()
})

test('a step that fails while one watches opens, and closes when one wants it to', async () => {
  const { rerender } = render(<Timeline run={run(step('web', { status: null }))} showsAll />)
  expect(screen.getByRole('button').getAttribute('aria-expanded')).toBe('false')
  const failed = run(step('web', { status: 'failed', detail: ['ImportError'] }))
  rerender(<Timeline run={failed} showsAll />)
  expect(screen.getByText('ImportError')).toBeTruthy()
  await userEvent.click(screen.getByRole('button'))
  rerender(<Timeline run={{ ...failed, seconds: 6 }} showsAll />)
  expect(screen.queryByText('ImportError')).toBeNull()
})

test('of a run on several hosts each step names its own', () => {
  const steps = ['data-1', 'data-2'].map((host) => step('web', { id: `${host}/web/container`, host }))
  const { rerender } = render(<Timeline run={run(...steps)} showsAll />)
  expect(screen.getByRole('button', { name: /web container\s+on data-2/ })).toBeTruthy()
  rerender(<Timeline run={run(step('web'))} showsAll />)
  expect(screen.queryByText(/on local/)).toBeNull()
})

test('screen readers hear how a step ended, how long it took and that it is on the critical path', () => {
  render(<Timeline run={run(step('slow'))} showsAll={false} />)
  expect(screen.getByRole('button', { name: /slow container\s*, ok, 2\.0 s, on the critical path/ })).toBeTruthy()
})

test('a cause without old and new is told as it is', () => {
  const { container } = render(<Cause text="environment.FLAG added" />)
  expect(container.textContent).toBe('environment.FLAG added')
  expect(within(container).queryByText('->')).toBeNull()
})
