import { useState } from 'react'
import { ApiError } from '~/api/client'
import type { Plan, PlanStep } from '~/api/types'
import { count } from '~/logic/format'
import { ActionButton } from './button'
import { Confirm } from './dialog'
import { Ago } from './moments'
import { useAction, useMay } from './use-action'

/** Applies exactly the plan on the page: phlo-api refuses when it is another one by now. */
export function ApplyPlan({ plan, steps, refresh }: { plan: Plan; steps: PlanStep[]; refresh: () => unknown }) {
  const [isAsking, setAsking] = useState(false)
  const action = useAction()
  const { may, why } = useMay('up')
  const hasMoved = action.error instanceof ApiError && action.error.status === 409
  const close = () => {
    setAsking(false)
    if (hasMoved) void refresh()
  }
  const services = [...new Set(steps.map((step) => step.service).filter(Boolean))]
  return (
    <>
      <ActionButton look="primary" icon="play" isDisabled={!may || steps.length === 0} onPress={() => setAsking(true)}>
        Apply
      </ActionButton>
      {why && <span className="muted small">{why}</span>}
      <Confirm
        title="Apply this plan?"
        verb="Apply"
        isOpen={isAsking}
        action={action}
        onClose={close}
        onConfirm={() => action.mutate({ path: '/actions/up', body: { services: [], plan: plan.digest } })}
      >
        <p>
          {count(steps.length, 'step')} of {services.length > 0 ? services.join(', ') : 'the project'}. If a new
          container does not become ready, phlo puts the earlier one back.
        </p>
        <p className="muted small">
          Plan <code>{plan.digest.slice(0, 12)}</code>, made <Ago at={plan.computed_at} />. It is refused if it has
          changed since.
        </p>
      </Confirm>
    </>
  )
}
