import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { servicesPlanQuery } from '~/api/queries'
import type { Service } from '~/api/types'
import { count } from '~/logic/format'
import { isChanging } from '~/logic/plan'
import { ActionButton } from './button'
import { Confirm } from './dialog'
import type { IconName } from './icons'
import { useAction, useMay } from './use-action'

const STOPPED = ['stopped', 'failed', 'created', 'down']

/** Whether a service of the project has to be started before it can be used. */
export function isStopped(service: Service): boolean {
  return service.enabled && STOPPED.includes(service.status)
}

/** Starts services that are stopped, with the services that they need. */
export function StartButton({ services }: { services: readonly Service[] }) {
  const [isAsking, setAsking] = useState(false)
  const action = useAction()
  const names = namesOf(services)
  const plan = useQuery({ ...servicesPlanQuery(names), enabled: isAsking })
  const { may, why } = useMay('up')
  return (
    <>
      <ActionButton look="primary" icon="play" isDisabled={!may} onPress={() => setAsking(true)}>
        Start
      </ActionButton>
      {why && <span className="muted small">{why}</span>}
      <Confirm
        title={`Start ${titleOf(services)}?`}
        verb="Start"
        isOpen={isAsking}
        action={{ ...action, isPending: action.isPending || !plan.data, error: action.error ?? plan.error }}
        onClose={() => setAsking(false)}
        onConfirm={() => action.mutate({ path: '/actions/up', body: { services: names, plan: plan.data?.digest } })}
      >
        <p>
          Starts {names.join(', ')} and the services that {names.length === 1 ? 'it depends' : 'they depend'} on, as
          phlo.yaml describes them. Pending changes of these services are applied.
        </p>
        <p className="muted small">
          {plan.data ? `The plan has ${count(plan.data.steps.filter(isChanging).length, 'step')}.` : 'Making the plan…'}
        </p>
      </Confirm>
    </>
  )
}

export function RestartButton({ services }: { services: readonly Service[] }) {
  return (
    <OperateButton services={services} kind="restart" verb="Restart" icon="restart">
      {services.length === 1 ? 'The service is' : 'The services are'} not available until ready again. Services that
      depend on {services.length === 1 ? 'it' : 'them'} with <code>restart: true</code> are restarted too.
    </OperateButton>
  )
}

export function StopButton({ services }: { services: readonly Service[] }) {
  return (
    <OperateButton services={services} kind="stop" verb="Stop" icon="minus" look="danger">
      Containers and data are kept. What depends on {services.length === 1 ? 'the service' : 'these services'} may fail
      until <em>Start</em>.
    </OperateButton>
  )
}

function OperateButton({
  services,
  kind,
  verb,
  icon,
  look,
  children,
}: {
  services: readonly Service[]
  kind: 'restart' | 'stop'
  verb: string
  icon: IconName
  look?: 'danger'
  children: ReactNode
}) {
  const [isAsking, setAsking] = useState(false)
  const action = useAction()
  const { may, why } = useMay(kind)
  return (
    <>
      <ActionButton icon={icon} isDisabled={!may} onPress={() => setAsking(true)}>
        {verb}
      </ActionButton>
      {why && <span className="muted small">{why}</span>}
      <Confirm
        title={`${verb} ${titleOf(services)}?`}
        verb={verb}
        look={look}
        isOpen={isAsking}
        action={action}
        onClose={() => setAsking(false)}
        onConfirm={() => action.mutate({ path: `/actions/${kind}`, body: { services: namesOf(services) } })}
      >
        <p>{children}</p>
        {services.length > 1 && <p className="muted small wrap">{namesOf(services).join(', ')}</p>}
      </Confirm>
    </>
  )
}

function namesOf(services: readonly Service[]): string[] {
  return services.map((service) => service.name)
}

function titleOf(services: readonly Service[]): string {
  return services.length === 1 ? (services[0]?.title ?? '') : count(services.length, 'service')
}
