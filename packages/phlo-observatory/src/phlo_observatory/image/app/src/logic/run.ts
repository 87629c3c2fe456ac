/** A run as its events tell it, and as bars on a common time scale. */
import type { Run, RunEvent, RunStep } from '~/api/types'

type Undo = Extract<RunEvent, { kind: 'undo_started' | 'undo_finished' }>
type OfStep = Extract<RunEvent, { kind: 'step_started' | 'step_progress' | 'step_finished' }>
type End = Extract<RunEvent, { kind: 'step_finished' | 'undo_finished' }>

/** The run after one more event; an event that is known already changes nothing. */
export function withEvent(run: Run, event: RunEvent): Run {
  switch (event.kind) {
    case 'run_started':
      return { ...run, title: event.title, began: event.time }
    case 'run_finished':
      return { ...run, result: event.result, seconds: event.seconds }
    case 'note':
      return run.notes.includes(event.message) ? run : { ...run, notes: [...run.notes, event.message] }
    case 'step_started':
      return event.parent ? withMessage(run, event.parent, event.name) : withStep(run, event, (step) => step)
    case 'step_progress':
      if (event.parent) return withMessage(run, event.parent, `${event.name}: ${event.message}`)
      return withStep(run, event, (step) => ({ ...step, message: event.message || step.message }))
    case 'step_finished':
      return event.parent ? run : withStep(run, event, (step) => ended(step, event, run))
    case 'undo_finished':
      return withStep(run, event, (step) => ended(step, event, run))
    case 'undo_started':
      return withStep(run, event, (step) => ({
        ...step,
        message: event.message || 'putting the earlier container back',
      }))
    default:
      return run
  }
}

/** The run with what the step of a role's tasks is at. */
function withMessage(run: Run, id: string, message: string): Run {
  const steps = run.steps.map((step) => (step.id === id && step.status === null ? { ...step, message } : step))
  return { ...run, steps }
}

function ended(step: RunStep, event: End, run: Run): RunStep {
  const end = event.time - run.began
  return {
    ...step,
    status: event.status,
    ended: end,
    seconds: event.seconds ?? Math.max(0, end - (step.began ?? end)),
    changes: 'changes' in event ? (event.changes ?? []).map((change) => ({ is_counted: true, ...change })) : [],
    message: event.message ?? '',
    detail: event.detail ?? [],
  }
}

function withStep(run: Run, event: OfStep | Undo, change: (step: RunStep) => RunStep): Run {
  const { id, operation, name } =
    'step' in event
      ? { id: event.step, operation: event.operation, name: event.name }
      : { id: `${event.host}/${event.service}/undo`, operation: 'roll back', name: 'undo' }
  const known = run.steps.find((step) => step.id === id)
  if (known && known.status !== null) return run
  const step: RunStep = known ?? {
    id,
    host: event.host,
    service: event.service,
    operation,
    name,
    status: null,
    began: Math.max(0, event.time - run.began),
    ended: null,
    seconds: null,
    changes: [],
    message: '',
    detail: [],
    undone: false,
    critical: false,
  }
  const changed = change(step)
  return { ...run, steps: known ? run.steps.map((one) => (one === known ? changed : one)) : [...run.steps, changed] }
}

export interface Bar {
  step: RunStep
  /** Per cent of the run's length. */
  left: number
  width: number
}

/** The steps in the order they began, each with its place. now: seconds since the epoch, the end of a live run. */
export function bars(run: Run, now: number): Bar[] {
  const length = runLength(run, now)
  return run.steps
    .toSorted((one, other) => (one.began ?? length) - (other.began ?? length))
    .map((step) => {
      const began = step.began ?? length
      const took = step.seconds ?? (step.status === null ? Math.max(0, length - began) : 0)
      const left = clamp((began / length) * 100)
      return { step, left, width: Math.min(clamp((took / length) * 100), 100 - left) }
    })
}

/** How long the run took, or has taken until now; never zero. */
export function runLength(run: Run, now: number): number {
  const last = Math.max(0, ...run.steps.map((step) => (step.began ?? 0) + (step.seconds ?? 0)))
  return Math.max(run.seconds ?? (isLive(run) ? now - run.began : last), last, 0.001)
}

/** What a step does, and with what where its name says that: `volume postgres-data`. */
export function stepName(step: { name: string; operation: string }): string {
  return step.name.startsWith(`${step.operation}:`) ? step.name.replace(':', ' ') : step.operation
}

/** Whether the run is still under way. */
export function isLive(run: { result: string }): boolean {
  return run.result === 'running'
}

/** Whether a step is worth a look: it changed something, failed, or still runs. */
export function isNews(step: RunStep): boolean {
  return step.undone || step.status === null || !['ok', 'skipped'].includes(step.status)
}

/** Round marks for a time axis: at most `most`, the first at zero. */
export function ticks(length: number, most = 5): number[] {
  const rough = length / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? 10 * power
  return Array.from({ length: Math.floor(length / step + 1e-9) + 1 }, (_, index) => index * step)
}

function clamp(percent: number): number {
  return Math.min(100, Math.max(0, percent))
}
