import { useInfiniteQuery } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { runPagesQuery } from '~/api/queries'
import { ActionButton } from '~/components/button'
import { Page } from '~/components/page'
import { RunTable } from '~/components/run-table'
import { Answer } from '~/components/states'
import { useTableUrl, useUrlText } from '~/components/use-url-state'
import { lookOf } from '~/logic/status'

export const Route = createFileRoute('/_app/runs/')({ component: Runs })

function Runs() {
  const runs = useInfiniteQuery(runPagesQuery)
  const state = useTableUrl()
  const [result, setResult] = useUrlText('result')
  return (
    <Page
      title="Runs"
      lead="Runs that changed something or failed, newest first, from Observatory and the command line."
    >
      <Answer query={runs}>
        {({ pages }) => {
          const all = pages.flat()
          const results = [...new Set([...all.map((run) => run.result), ...(result ? [result] : [])])].toSorted()
          return (
            <>
              <label className="row small">
                Result
                <select value={result} onChange={(event) => setResult(event.target.value)}>
                  <option value="">All</option>
                  {results.map((one) => (
                    <option key={one} value={one}>
                      {lookOf(one).word}
                    </option>
                  ))}
                </select>
              </label>
              <RunTable
                runs={all.filter((run) => !result || run.result === result)}
                search="Search runs"
                state={state}
              />
              {runs.hasNextPage && (
                <div className="row">
                  <ActionButton isDisabled={runs.isFetchingNextPage} onPress={() => runs.fetchNextPage()}>
                    {runs.isFetchingNextPage ? 'Loading…' : 'Load older runs'}
                  </ActionButton>
                </div>
              )}
            </>
          )
        }}
      </Answer>
    </Page>
  )
}
