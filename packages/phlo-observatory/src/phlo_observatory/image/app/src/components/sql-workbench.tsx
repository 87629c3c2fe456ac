import { skipToken, useMutation, useMutationState, useQuery, useQueryClient } from '@tanstack/react-query'
import { Suspense, lazy, useMemo, useState } from 'react'
import { cancelQuery, post } from '~/api/client'
import type { QueryResults } from '~/api/types'
import { duration } from '~/logic/format'
import { type Place, type Running, newRun, placeOf } from '~/logic/sql-run'
import { ActionButton } from './button'
import { SqlResult } from './sql-result'
import { ErrorState, Loading } from './states'
import { useNotices } from './notices'
import { useNow } from './use-now'

const SqlEditor = lazy(() => import('./sql-editor'))
const MOST_ROWS = 1000
const RUN = ['data', 'run']
/** The last results stay in the cache, so that they are still there when one comes back to the page. */
const LAST_RESULTS = ['data', 'last-results']

interface Ran extends Running {
  results: QueryResults['statements']
}

/** SQL and its results, one for each statement, with a chart where a result has one. */
export function SqlWorkbench({
  statement,
  setStatement,
  tables,
  mayAsk,
}: {
  statement: string
  setStatement: (text: string) => void
  tables: string[]
  mayAsk: boolean
}) {
  const queryClient = useQueryClient()
  const ask = useMutation({
    mutationKey: RUN,
    mutationFn: ({ sql, id }: Running) => post<QueryResults>('/data/queries', { sql, id, limit: MOST_ROWS }),
    onMutate: () => queryClient.removeQueries({ queryKey: LAST_RESULTS }),
    onSuccess: ({ statements }, sent) =>
      void queryClient.setQueryData<Ran>(LAST_RESULTS, { ...sent, results: statements }),
  })
  const { data: ran } = useQuery<Ran>({ queryKey: LAST_RESULTS, queryFn: skipToken, gcTime: Infinity })
  // Also a run that was started before one left the page and came back.
  const [running] = useMutationState({
    filters: { mutationKey: RUN, status: 'pending' },
    select: ({ state }) => ({ ...(state.variables as Running), began: state.submittedAt / 1000 }),
  })
  const [selected, setSelected] = useState<{ sql: string; from: Place } | null>(null)
  const schema = useMemo(() => Object.fromEntries(tables.map((name) => [name, [] as string[]])), [tables])
  const sql = selected?.sql ?? statement
  const canRun = mayAsk && !running && sql.trim() !== ''
  const run = () => {
    if (canRun) ask.mutate(newRun(sql, selected?.from ?? { line: 1, column: 1 }))
  }
  const failed = ran?.results.at(-1)?.error
  const mark = useMemo(() => (ran && failed ? placeOf(failed, ran.from) : null), [ran, failed])
  return (
    <div className="stack-loose">
      <div className="stack">
        <Suspense fallback={<Loading label="Loading the editor" lines={2} />}>
          <SqlEditor
            value={statement}
            onChange={setStatement}
            onRun={run}
            onSelect={setSelected}
            tables={schema}
            mark={mark}
          />
        </Suspense>
        <div className="row spread">
          <div className="row">
            <ActionButton look="primary" icon="play" onPress={run} isDisabled={!canRun}>
              {selected ? 'Run selection' : 'Run'}
            </ActionButton>
            {running && <Cancel key={running.id} {...running} />}
          </div>
          <span className="muted small">
            {mayAsk ? (
              <>
                <kbd>Ctrl+Enter</kbd> to run. At most {MOST_ROWS.toLocaleString()} rows of each statement.
              </>
            ) : (
              'Needs the role operator: SQL can change data.'
            )}
          </span>
        </div>
      </div>
      {ask.error && <ErrorState error={ask.error} />}
      {running && <Loading label="Running" />}
      {ran &&
        !running &&
        ran.results.map((result, index) => (
          <SqlResult
            key={`${ran.id} ${index}`}
            result={result}
            place={result.error && placeOf(result.error, ran.from)}
            title={ran.results.length > 1 ? `Statement ${index + 1}` : ''}
          />
        ))}
    </div>
  )
}

function Cancel({ id, began }: { id: string; began: number }) {
  const [isCancelling, setCancelling] = useState(false)
  const notices = useNotices()
  const now = useNow(1)
  const cancel = async () => {
    setCancelling(true)
    try {
      await cancelQuery(id)
    } catch (error) {
      setCancelling(false)
      notices.fail(error)
    }
  }
  return (
    <>
      <ActionButton icon="close" isDisabled={isCancelling} onPress={cancel}>
        {isCancelling ? 'Cancelling…' : 'Cancel'}
      </ActionButton>
      <span className="muted small">{duration(Math.max(0, Math.floor(now - began)))}</span>
    </>
  )
}
