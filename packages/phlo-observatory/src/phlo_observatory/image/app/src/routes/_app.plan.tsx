import { useQuery } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { planQuery } from '~/api/queries'
import type { Plan, PlanStep } from '~/api/types'
import { ApplyPlan } from '~/components/apply-plan'
import { ActionButton } from '~/components/button'
import { Toggle } from '~/components/toggle'
import { Ago } from '~/components/moments'
import { Page } from '~/components/page'
import { ServiceName } from '~/components/service-parts'
import { Answer, Empty, Loading } from '~/components/states'
import { Status } from '~/components/status'
import { Changes } from '~/components/timeline'
import { useUrlFlag } from '~/components/use-url-state'
import { isChanging } from '~/logic/plan'
import { duration } from '~/logic/format'

export const Route = createFileRoute('/_app/plan')({ component: PlanPage })

function PlanPage() {
  const plan = useQuery(planQuery)
  const [showsAll, setShowsAll] = useUrlFlag('all')
  const changing = plan.data?.steps.filter(isChanging) ?? []
  return (
    <Page
      title="Plan"
      lead={
        <>
          What <code>phlo up</code> would change now, and why. Read-only preview.
        </>
      }
      actions={
        <>
          <Toggle isSelected={showsAll} onChange={setShowsAll}>
            Show unchanged steps
          </Toggle>
          <ActionButton icon="restart" isDisabled={plan.isFetching} onPress={() => plan.refetch()}>
            {plan.isFetching ? 'Refreshing…' : 'Refresh plan'}
          </ActionButton>
          {plan.data && <ApplyPlan plan={plan.data} steps={changing} refresh={() => plan.refetch()} />}
        </>
      }
    >
      <Answer query={plan} loading={<Loading label="Reading the state of every host" lines={6} />}>
        {(found) => (
          <>
            <p className="muted small">
              Made <Ago at={found.computed_at} /> in {duration(found.seconds)}, plan{' '}
              <code>{found.digest.slice(0, 12)}</code>
            </p>
            {found.warnings.map((warning) => (
              <p key={warning} className="note tone-warn wrap">
                {warning}
              </p>
            ))}
            <Steps plan={found} showsAll={showsAll} />
          </>
        )}
      </Answer>
    </Page>
  )
}

function Steps({ plan, showsAll }: { plan: Plan; showsAll: boolean }) {
  const shown = plan.steps.filter((step) => showsAll || isChanging(step))
  if (shown.length === 0) {
    return (
      <Empty icon="check" title="No changes">
        Everything matches phlo.yaml.
      </Empty>
    )
  }
  const groups = Map.groupBy(shown, (step) => `${step.host}\n${step.service}`)
  return (
    <ul className="stack-loose">
      {[...groups].map(([key, steps]) => (
        <PlanGroup key={key} steps={steps} />
      ))}
    </ul>
  )
}

function PlanGroup({ steps }: { steps: PlanStep[] }) {
  const [first] = steps
  if (!first) return null
  return (
    <li className="card stack">
      <div className="row spread">
        <h2>{first.service ? <ServiceName name={first.service} /> : 'Project'}</h2>
        <span className="muted small">on {first.host}</span>
      </div>
      <ul className="stack">
        {steps.map((step) => (
          <li key={step.id} className="plan-step">
            <div className="row">
              <Status state={step.status ?? 'after start'} />
              <span className="mono small">{step.operation}</span>
            </div>
            {step.message && <p className="wrap">{step.message}</p>}
            <Changes changes={step.changes} />
          </li>
        ))}
      </ul>
    </li>
  )
}
