import { useQuery } from '@tanstack/react-query'
import { Link, createFileRoute } from '@tanstack/react-router'
import { type ColumnDef, createColumnHelper } from '@tanstack/react-table'
import { auditQuery, sessionQuery } from '~/api/queries'
import type { AuditEntry } from '~/api/types'
import { Ago } from '~/components/moments'
import { Page } from '~/components/page'
import { Answer, Empty } from '~/components/states'
import { Status } from '~/components/status'
import { DataTable } from '~/components/table'
import { useTableUrl } from '~/components/use-url-state'

export const Route = createFileRoute('/_app/audit')({ component: Audit })

const column = createColumnHelper<AuditEntry>()

const COLUMNS: ColumnDef<AuditEntry, any>[] = [
  column.accessor('time', { header: 'When', cell: ({ getValue }) => <Ago at={getValue()} /> }),
  column.accessor((one) => `${one.who} ${one.role}`, {
    id: 'who',
    header: 'Who',
    cell: ({ row }) => (
      <div className="stack-tight">
        <strong>{row.original.who}</strong>
        <span className="muted small">{row.original.address}</span>
      </div>
    ),
  }),
  column.accessor('action', { header: 'Action' }),
  column.accessor('target', { header: 'Target', cell: ({ getValue }) => <code className="wrap">{getValue()}</code> }),
  column.accessor((one) => `${one.result} ${one.detail}`, {
    id: 'result',
    header: 'Result',
    cell: ({ row: { original } }) => (
      <div className="stack-tight">
        <Status state={original.result.startsWith('failed') ? 'failed' : original.result} />
        {original.detail && <span className="muted small wrap">{original.detail}</span>}
        {original.run && (
          <Link to="/runs/$id" params={{ id: original.run }} className="small mono">
            {original.run}
          </Link>
        )}
      </div>
    ),
  }),
]

function Audit() {
  const { data: session } = useQuery(sessionQuery)
  const isOperator = session?.role === 'operator'
  const audit = useQuery({ ...auditQuery, enabled: isOperator })
  const state = useTableUrl()
  return (
    <Page title="Audit" lead="Requests that changed something or tried to, newest first. At most 1,000.">
      {session && !isOperator ? (
        <Empty icon="key" title="Needs the role operator">
          You are signed in as {session.role}.
        </Empty>
      ) : (
        <Answer query={audit}>
          {(all) => (
            <DataTable
              label="Audit"
              rows={all}
              columns={COLUMNS}
              search="Search entries"
              state={state}
              empty={<Empty icon="key" title="No entries" />}
            />
          )}
        </Answer>
      )}
    </Page>
  )
}
