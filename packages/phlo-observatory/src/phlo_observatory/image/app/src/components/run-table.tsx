import { Link } from '@tanstack/react-router'
import { type ColumnDef, createColumnHelper } from '@tanstack/react-table'
import type { RunSummary } from '~/api/types'
import { duration } from '~/logic/format'
import { Ago } from './moments'
import { Empty } from './states'
import { Status } from './status'
import { DataTable } from './table'
import type { TableState } from './use-url-state'

const column = createColumnHelper<RunSummary>()

const COLUMNS: ColumnDef<RunSummary, any>[] = [
  column.accessor('title', {
    header: 'Run',
    cell: ({ row }) => (
      <div className="stack-tight">
        <Link to="/runs/$id" params={{ id: row.original.id }} className="strong-link">
          {row.original.title}
        </Link>
        <span className="muted small mono">{row.original.id}</span>
      </div>
    ),
  }),
  column.accessor('result', { header: 'Result', cell: ({ getValue }) => <Status state={getValue()} /> }),
  column.accessor('began', { header: 'Started', cell: ({ getValue }) => <Ago at={getValue()} /> }),
  column.accessor('seconds', {
    header: 'Duration',
    cell: ({ getValue }) => <span className="nowrap">{duration(getValue())}</span>,
    meta: { className: 'number' },
  }),
  column.accessor((run) => countsText(run.counts), { id: 'changes', header: 'Changes' }),
]

export function RunTable({ runs, search, state }: { runs: RunSummary[]; search?: string; state?: TableState }) {
  return (
    <DataTable
      label="Runs"
      rows={runs}
      columns={COLUMNS}
      rowId={(run) => run.id}
      search={search}
      state={state}
      empty={
        <Empty icon="runs" title="No runs yet">
          Every <code>phlo up</code> that changes something is listed here.
        </Empty>
      }
    />
  )
}

/** `2 created, 1 recreated`. */
export function countsText(counts: Record<string, number>): string {
  const words: Record<string, string> = {
    create: 'created',
    recreate: 'recreated',
    remove: 'removed',
    update: 'updated',
    start: 'started',
    pull: 'pulled',
    build: 'built',
  }
  const parts = Object.entries(counts).filter(([, many]) => many > 0)
  return parts.map(([name, many]) => `${many} ${words[name] ?? name.replaceAll(/[_-]/g, ' ')}`).join(', ') || '–'
}
