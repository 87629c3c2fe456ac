import { useQuery } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { runsQuery } from '~/api/queries'
import { Page } from '~/components/page'
import { RunTable } from '~/components/run-table'
import { Answer } from '~/components/states'
import { useTableUrl } from '~/components/use-url-state'

export const Route = createFileRoute('/_app/runs/')({ component: Runs })

function Runs() {
  const runs = useQuery(runsQuery)
  const state = useTableUrl()
  return (
    <Page
      title="Runs"
      lead="Runs that changed something or failed, newest first, from Observatory and the command line."
    >
      <Answer query={runs}>{(all) => <RunTable runs={all} search="Search runs" state={state} />}</Answer>
    </Page>
  )
}
