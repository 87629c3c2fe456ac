import type { PlanStep } from '~/api/types'

/** Whether a step of a plan would change something, or may: a step that depends on a change has no state yet. */
export function isChanging(step: Pick<PlanStep, 'status'>): boolean {
  return step.status === null || !['ok', 'skipped'].includes(step.status)
}
