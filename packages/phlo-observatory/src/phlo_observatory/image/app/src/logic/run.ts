/** A run as its events tell it, and as bars on a common time scale. */
import type { Run, RunEvent, RunStep } from '~/api/types'

/** The run after one more event; an event that is known already changes nothing. */
export function withEvent(run: Run, event: RunEvent): Run {
  switch (event.kind) {
    case 'run_started':
      return { ...run, title: event.message ?? run.title, began: event.time }
    case 'run_finished':
      return { ...run, result: event.message ?? run.result, seconds: event.seconds ?? null }
    case 'step_started':
    case 'step_progress':
    case 'step_finished':
      return withStep(run, stepId(event), (step) => ({
        ...step,
        message: event.message ?? step.message,
        ...(event.kind === 'step_finished' && {
          message: event.message ?? null,
          status: event.status ?? 'ok',
          seconds: event.seconds ?? Math.max(0, event.time - step.started),
          changes: event.changes ?? [],
          detail: event.detail ?? [],
        }),
      }), event)
    case 'undo_started':
    case 'undo_finished':
      return withStep(run, stepId(event), (step) => ({
        ...step,
        message: event.message ?? step.message,
        ...(event.kind === 'undo_finished' && {
          status: event.status ?? 'rolled-back',
          seconds: Math.max(0, event.time - step.started),
          detail: event.detail ?? [],
        }),
      }), event)
    default:
      return run
  }
}

function stepId(event: RunEvent): string {
  return event.step ?? `${event.host ?? ''}/${event.service ?? ''}/undo`
}

function withStep(run: Run, id: string, change: (step: RunStep) => RunStep, event: RunEvent): Run {
  const known = run.steps.find((step) => step.id === id)
  const step = known ?? {
    id,
    host: event.host ?? '',
    service: event.service ?? '',
    operation: event.operation ?? 'roll back',
    status: null,
    started: event.time,
    seconds: null,
    changes: [],
    message: null,
    detail: [],
  }
  if (known && known.status !== null) return run
  const changed = change(step)
  const steps = known ? run.steps.map((one) => (one === known ? changed : one)) : [...run.steps, changed]
  return { ...run, steps }
}

export interface Bar {
  step: RunStep
  /** Per cent of the run's length. */
  left: number
  width: number
  isCritical: boolean
}

/** The steps in the order they began, each with its place. now: seconds since the epoch, the end of a live run. */
export function bars(run: Run, now: number): Bar[] {
  const length = runLength(run, now)
  const critical = new Set(run.critical_path)
  return run.steps
    .toSorted((one, other) => one.started - other.started)
    .map((step) => {
      const took = step.seconds ?? Math.max(0, run.began + length - step.started)
      const left = clamp(((step.started - run.began) / length) * 100)
      return { step, left, width: Math.min(clamp((took / length) * 100), 100 - left), isCritical: critical.has(step.id) }
    })
}

/** How long the run took, or has taken until now; never zero. */
export function runLength(run: Run, now: number): number {
  const last = Math.max(0, ...run.steps.map((step) => step.started + (step.seconds ?? 0) - run.began))
  return Math.max(run.seconds ?? (isLive(run) ? now - run.began : last), last, 0.001)
}

/** Whether the run is still under way. */
export function isLive(run: { result: string }): boolean {
  return run.result === 'running'
}

/** Whether a step is worth a look: it changed something, failed, or still runs. */
export function isNews(step: RunStep): boolean {
  return step.status === null || !['ok', 'skipped'].includes(step.status)
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
