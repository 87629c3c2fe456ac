import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, createFileRoute } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { apiPath, post } from '~/api/client'
import { useEvents } from '~/api/events'
import { runQuery, servicesQuery, sessionQuery } from '~/api/queries'
import type { Run, RunEvent } from '~/api/types'
import { ActionButton } from '~/components/button'
import { Copyable } from '~/components/copy'
import { Confirm } from '~/components/dialog'
import { Toggle } from '~/components/toggle'
import { Ago } from '~/components/moments'
import { Page, Section } from '~/components/page'
import { countsText } from '~/components/run-cells'
import { Answer, Empty } from '~/components/states'
import { Status } from '~/components/status'
import { Timeline } from '~/components/timeline'
import { useAction, useMay } from '~/components/use-action'
import { useUrlFlag } from '~/components/use-url-state'
import { useNow } from '~/components/use-now'
import { duration } from '~/logic/format'
import { ROLL_BACK_TITLE, rollBackOf } from '~/logic/rollback'
import { isLive, runLength, stepName, withEvent } from '~/logic/run'

export const Route = createFileRoute('/_app/runs/$id')({ component: RunPage })

function RunPage() {
  const { id } = Route.useParams()
  const run = useQuery(runQuery(id))
  if (run.data) return <OneRun key={id} found={run.data} />
  return (
    <Page title={`Run ${id}`} above={<Link to="/runs">Runs</Link>}>
      <Answer query={run}>{() => null}</Answer>
    </Page>
  )
}

function OneRun({ found }: { found: Run }) {
  const run = useLiveRun(found)
  const [showsAll, setShowsAll] = useUrlFlag('all')
  const now = useNow(isLive(run) ? 0.5 : null)
  const failed = run.steps.filter((step) => step.status === 'failed' || step.status === 'unreachable')
  const path = run.steps.filter((step) => step.critical)
  const onPath = path.reduce((sum, step) => sum + (step.seconds ?? 0), 0)
  return (
    <Page
      title={run.title || 'Run'}
      above={<Link to="/runs">Runs</Link>}
      lead={
        <>
          <Copyable text={run.id} />
          {run.by && `, started in Observatory by ${run.by}`}
        </>
      }
      actions={isLive(run) ? <Cancel run={run} /> : <RollBack run={run} />}
    >
      <div className="tiles tiles-small">
        <div className="tile">
          <span className="muted">Result</span>
          <strong>
            <Status state={isLive(run) ? 'live' : run.result} />
          </strong>
        </div>
        <div className="tile">
          <span className="muted">Started</span>
          <strong>
            <Ago at={run.began} />
          </strong>
        </div>
        <div className="tile">
          <span className="muted">Duration</span>
          <strong>{duration(isLive(run) ? runLength(run, now) : run.seconds)}</strong>
        </div>
        <div className="tile">
          <span className="muted">Changes</span>
          <strong>{countsText(run.counts)}</strong>
        </div>
      </div>
      {run.title.startsWith(ROLL_BACK_TITLE) && !isLive(run) && (
        <p className="note tone-warn">
          phlo.yaml still contains the change that was rolled back. The next <code>phlo up</code> applies it again: edit
          phlo.yaml, then check the <Link to="/plan">plan</Link>.
        </p>
      )}
      {run.notes.map((note) => (
        <p key={note} className="note tone-warn wrap">
          {note}
        </p>
      ))}
      {failed.map((step) => (
        <div key={step.id} className="note tone-bad wrap">
          <strong>
            {step.service || 'project'} on {step.host} failed
          </strong>
          <span>{step.message}</span>
        </div>
      ))}
      <Section
        title="Steps"
        aside={
          <Toggle isSelected={showsAll} onChange={setShowsAll}>
            Show unchanged steps
          </Toggle>
        }
      >
        {run.steps.length === 0 ? (
          <Empty icon="runs" title={isLive(run) ? 'No step has started yet' : 'No steps'} />
        ) : (
          <Timeline run={run} showsAll={showsAll} />
        )}
      </Section>
      {path.length > 0 && (
        <Section
          title="Critical path"
          aside={`${duration(onPath)} of ${duration(run.seconds)}: the chain of steps that determines the duration of the run.`}
        >
          <ol className="chain">
            {path.map((step) => (
              <li key={step.id}>
                <strong>{step.service || 'project'}</strong> {stepName(step)}{' '}
                <span className="muted">{duration(step.seconds)}</span>
              </li>
            ))}
          </ol>
        </Section>
      )}
    </Page>
  )
}

/** The run as it goes on; once it has ended, as the API tells it whole. */
function useLiveRun(found: Run): Run {
  // The stream tells a live run from its beginning.
  const [run, setRun] = useState(() => beginning(found))
  const queryClient = useQueryClient()
  useEffect(() => setRun((known) => (isLive(found) ? known : found)), [found])
  const path = isLive(found) ? apiPath(`/runs/${encodeURIComponent(found.id)}/events`) : null
  const { kind } = useEvents<RunEvent>(path, {
    take: (event) => setRun((known) => withEvent(known, event)),
    isLast: (event) => event.kind === 'run_finished',
  })
  useEffect(() => {
    if (kind === 'ended') void queryClient.invalidateQueries()
  }, [kind, queryClient])
  return run
}

function beginning(run: Run): Run {
  return isLive(run) ? { ...run, steps: [], notes: [] } : run
}

/** Interrupts a run that was started in Observatory. */
function Cancel({ run }: { run: Run }) {
  const [isAsking, setAsking] = useState(false)
  const { data: session } = useQuery(sessionQuery)
  const cancel = useMutation({
    mutationFn: () => post(`/runs/${encodeURIComponent(run.id)}/cancel`),
    onSuccess: () => setAsking(false),
  })
  if (!run.by || session?.role !== 'operator') return null
  return (
    <>
      <ActionButton icon="close" isDisabled={cancel.isSuccess} onPress={() => setAsking(true)}>
        {cancel.isSuccess ? 'Cancelling…' : 'Cancel run'}
      </ActionButton>
      <Confirm
        title="Cancel this run?"
        verb="Cancel the run"
        look="danger"
        isOpen={isAsking}
        action={cancel}
        onClose={() => setAsking(false)}
        onConfirm={() => cancel.mutate()}
      >
        <p>
          No further step starts. Steps in progress are finished or rolled back. What was changed before stays as it is.
        </p>
      </Confirm>
    </>
  )
}

function RollBack({ run }: { run: Run }) {
  const [isAsking, setAsking] = useState(false)
  const action = useAction()
  const { may } = useMay('rollback')
  const { data: services } = useQuery(servicesQuery)
  if (!may || isLive(run) || !services) return null
  const found = rollBackOf(run, services)
  if (!found.isPossible) return <span className="muted small">No roll-back: {found.why}</span>
  return (
    <>
      <ActionButton icon="undo" onPress={() => setAsking(true)}>
        Roll back
      </ActionButton>
      <Confirm
        title="Roll back this run?"
        verb="Roll back"
        look="danger"
        isOpen={isAsking}
        action={action}
        onClose={() => setAsking(false)}
        onConfirm={() => action.mutate({ path: '/actions/rollback', body: { run: run.id } })}
      >
        <p>
          Replaces the containers of {found.services.join(', ')} with those from before this run. Changes of later runs
          are rolled back too. Data in volumes does not change.
        </p>
        <p>
          phlo.yaml does not change either: the next <code>phlo up</code> applies the change again until you edit it.
        </p>
      </Confirm>
    </>
  )
}
