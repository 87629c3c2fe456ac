import type { ColumnDef } from '@tanstack/react-table'
import type { RunSummary } from '~/api/types'
import { RUN_COLUMNS } from './run-cells'
import { NoRuns } from './recent-runs'
import { DataTable } from './table'
import type { TableState } from './use-url-state'

const COLUMNS = RUN_COLUMNS.map<ColumnDef<RunSummary, any>>(({ id, header, className, value, cell }) => ({
  id,
  header,
  accessorFn: value,
  cell: ({ row }) => cell(row.original),
  meta: { className },
}))

export function RunTable({ runs, search, state }: { runs: RunSummary[]; search?: string; state?: TableState }) {
  return (
    <DataTable
      label="Runs"
      rows={runs}
      columns={COLUMNS}
      rowId={(run) => run.id}
      search={search}
      state={state}
      empty={<NoRuns />}
    />
  )
}
