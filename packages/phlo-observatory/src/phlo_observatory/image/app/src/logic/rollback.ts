/** Whether a run can be rolled back: phlo keeps the container that the last change of a service replaced. */
import type { Run, Service } from '~/api/types'

export type RollBack = { isPossible: true; services: string[] } | { isPossible: false; why: string }

export const ROLL_BACK_TITLE = 'rollback'

export function rollBackOf(run: Run, services: readonly Service[]): RollBack {
  const replaced = servicesReplacedBy(run)
  if (replaced.length === 0) return { isPossible: false, why: 'This run replaced no container.' }
  const known = new Map(services.map((service) => [service.name, service]))
  const later = replaced.filter((name) => {
    const makers = known.get(name)?.instances.map((instance) => instance.made_by) ?? []
    return makers.length === 0 || makers.some((maker) => maker !== null && maker !== run.id)
  })
  if (later.length > 0) {
    return { isPossible: false, why: `Changed again or rolled back since this run: ${later.join(', ')}.` }
  }
  return { isPossible: true, services: replaced }
}

function servicesReplacedBy(run: Run): string[] {
  const steps = run.steps.filter(
    (step) => step.status === 'changed' && !step.undone && step.changes.some((change) => change.verb === 'recreate'),
  )
  return [...new Set(steps.map((step) => step.service))].toSorted()
}
