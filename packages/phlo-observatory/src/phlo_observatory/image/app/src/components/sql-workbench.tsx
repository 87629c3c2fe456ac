import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ColumnDef } from '@tanstack/react-table'
import { Suspense, lazy, useMemo } from 'react'
import { ApiError, post } from '~/api/client'
import type { QueryResult } from '~/api/types'
import { chooseChart, isNumber } from '~/logic/chart'
import { cellText, count, duration } from '~/logic/format'
import { ActionButton } from './button'
import { Chart } from './chart'
import { Section } from './page'
import { Empty, ErrorState, Loading } from './states'
import { DataTable } from './table'

const SqlEditor = lazy(() => import('./sql-editor'))
const MOST_ROWS = 1000
/** The last result stays in the cache, so that it is still there when one comes back to the page. */
const LAST_RESULT = ['data', 'last-result']

/** One statement and its result, with a chart where the result has one. */
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
    mutationFn: (sql: string) => post<QueryResult>('/data/query', { sql, limit: MOST_ROWS }),
    onMutate: () => queryClient.removeQueries({ queryKey: LAST_RESULT }),
    onSuccess: (result) => void queryClient.setQueryData(LAST_RESULT, result),
  })
  const { data: result } = useQuery<QueryResult>({ queryKey: LAST_RESULT, enabled: false, gcTime: Infinity })
  const schema = useMemo(() => Object.fromEntries(tables.map((name) => [name, [] as string[]])), [tables])
  const run = () => {
    if (mayAsk && statement.trim() && !ask.isPending) ask.mutate(statement.trim().replace(/;$/, ''))
  }
  return (
    <div className="stack-loose">
      <div className="stack">
        <Suspense fallback={<Loading label="Loading the editor" lines={2} />}>
          <SqlEditor value={statement} onChange={setStatement} onRun={run} tables={schema} />
        </Suspense>
        <div className="row spread">
          <ActionButton
            look="primary"
            icon="play"
            onPress={run}
            isDisabled={!mayAsk || ask.isPending || !statement.trim()}
          >
            {ask.isPending ? 'Running…' : 'Run'}
          </ActionButton>
          <span className="muted small">
            {mayAsk ? (
              <>
                <kbd>Ctrl+Enter</kbd> to run. At most {MOST_ROWS.toLocaleString()} rows.
              </>
            ) : (
              'Needs the role operator: SQL can change data.'
            )}
          </span>
        </div>
      </div>
      {ask.error && <ErrorState error={queryError(ask.error)} />}
      {ask.isPending && <Loading label="Running the statement" />}
      {result && !ask.isPending && <Result result={result} />}
    </div>
  )
}

/** A failed query by its name: phlo-api has one title for all requests that cannot be answered. */
export function queryError(error: unknown): unknown {
  if (!(error instanceof ApiError) || error.status !== 400) return error
  const title = /took longer than/.test(error.detail) ? 'Query timed out' : 'Query failed'
  return new ApiError(error.status, title, error.detail, error.fix, error.problem)
}

function Result({ result }: { result: QueryResult }) {
  const choice = useMemo(() => chooseChart(result), [result])
  const columns = useMemo<ColumnDef<unknown[], any>[]>(
    () =>
      result.columns.map((column, index) => ({
        id: String(index),
        header: column.name,
        accessorFn: (row) => row[index],
        cell: ({ getValue }) => <Cell value={getValue()} />,
        meta: { className: isNumber(column.type) ? 'number' : undefined },
      })),
    [result],
  )
  const summary = `${count(result.rows.length, 'row')} in ${duration(result.seconds)}${result.truncated ? ', truncated' : ''}`
  return (
    <div className="stack-loose">
      {choice && (
        <Section title="Chart">
          <Chart result={result} choice={choice} />
        </Section>
      )}
      <Section title="Result" aside={summary}>
        <DataTable
          label="Result"
          isWide
          rows={result.rows}
          columns={columns}
          empty={
            <Empty icon="data" title="No rows">
              Statement succeeded.
            </Empty>
          }
        />
      </Section>
    </div>
  )
}

function Cell({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="muted">null</span>
  return (
    <span className="mono" title={cellText(value)}>
      {cellText(value)}
    </span>
  )
}
