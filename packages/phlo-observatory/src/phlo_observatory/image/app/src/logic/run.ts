/** A run as its events tell it, and as bars on a common time scale. */
import type { Run, RunEvent, RunStep } from '~/api/types'

/** The run after one more event; an event that is known already changes nothing. */
export function withEvent(run: Run, event: RunEvent): Run {
  switch (event.kind) {
    case 'run_started':
      return { ...run, title: event.message || run.title, began: event.time }
    case 'run_finished':
      return { ...run, result: event.message || run.result, seconds: event.seconds ?? null }
    case 'note':
      return run.notes.includes(event.message ?? '') ? run : { ...run, notes: [...run.notes, event.message ?? ''] }
    case 'step_started':
    case 'step_progress':
      return withStep(run, event, (step) => ({ ...step, message: event.message || step.message }))
    case 'step_finished':
      return withStep(run, event, (step) => ended(step, event, run))
    case 'undo_started':
      return withStep(run, event, (step) => ({
        ...step,
        message: event.message || 'putting back what was there',
      }))
    case 'undo_finished':
      return withStep(run, event, (step) => ended(step, { status: 'rolled-back', ...event }, run))
    default:
      return run
  }
}

function ended(step: RunStep, event: RunEvent, run: Run): RunStep {
  const end = event.time - run.began
  return {
    ...step,
    status: event.status ?? 'ok',
    ended: end,
    seconds: event.seconds ?? Math.max(0, end - (step.began ?? end)),
    changes: event.changes ?? [],
    message: event.message ?? '',
    detail: event.detail ?? [],
  }
}

function withStep(run: Run, event: RunEvent, change: (step: RunStep) => RunStep): Run {
  const { host = '', service = '' } = event
  const id = event.step ?? `${host}/${service}/undo`
  const known = run.steps.find((step) => step.id === id)
  if (known && known.status !== null) return run
  const step: RunStep = known ?? {
    id,
    host: host ?? '',
    service: service ?? '',
    operation: event.operation ?? 'roll back',
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

/** What a step does, and with what where its id says that: `volume postgres-data`. */
export function stepName(step: { id: string; operation: string }): string {
  const [, , own = ''] = step.id.split('/')
  return own.startsWith(`${step.operation}:`) ? own.replace(':', ' ') : step.operation
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
