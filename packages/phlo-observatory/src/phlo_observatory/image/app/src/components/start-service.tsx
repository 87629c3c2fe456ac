import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { servicePlanQuery } from '~/api/queries'
import type { Service } from '~/api/types'
import { count } from '~/logic/format'
import { isChanging } from '~/logic/plan'
import { ActionButton } from './button'
import { Confirm } from './dialog'
import { useAction, useMay } from './use-action'

const STOPPED = ['stopped', 'failed', 'created', 'down']

/** Whether a service of the project has to be started before it can be used. */
export function isStopped(service: Service): boolean {
  return service.enabled && STOPPED.includes(service.status)
}

/** Starts a service that is stopped, with the services that it needs. */
export function StartButton({ service }: { service: Service }) {
  const [isAsking, setAsking] = useState(false)
  const action = useAction()
  const plan = useQuery({ ...servicePlanQuery(service.name), enabled: isAsking })
  const { may, why } = useMay('up')
  return (
    <>
      <ActionButton look="primary" icon="play" isDisabled={!may} onPress={() => setAsking(true)}>
        Start
      </ActionButton>
      {why && <span className="muted small">{why}</span>}
      <Confirm
        title={`Start ${service.title}?`}
        verb="Start"
        isOpen={isAsking}
        action={{ ...action, isPending: action.isPending || !plan.data, error: action.error ?? plan.error }}
        onClose={() => setAsking(false)}
        onConfirm={() =>
          action.mutate({ path: '/actions/up', body: { services: [service.name], plan: plan.data?.digest } })
        }
      >
        <p>
          Starts {service.name} and the services that it depends on, as phlo.yaml describes them. Pending changes of
          these services are applied.
        </p>
        <p className="muted small">
          {plan.data ? `The plan has ${count(plan.data.steps.filter(isChanging).length, 'step')}.` : 'Making the plan…'}
        </p>
      </Confirm>
    </>
  )
}
