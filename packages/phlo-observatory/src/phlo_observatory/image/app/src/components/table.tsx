import {
  type ColumnDef,
  type SortingState,
  flexRender,
  getCoreRowModel,
  getFilteredRowModel,
  getSortedRowModel,
  useReactTable,
} from '@tanstack/react-table'
import { type ReactNode, useState } from 'react'
import { Icon } from './icons'
import { SearchBox } from './search-box'
import type { TableState } from './use-url-state'

interface Props<T> {
  label: string
  rows: T[]
  columns: ColumnDef<T, any>[]
  /** Label of the search box; without it there is no search. */
  search?: string
  sortBy?: SortingState
  /** Filter and order, where the page keeps them. */
  state?: TableState
  rowId?: (row: T) => string
  empty?: ReactNode
  /** Stays a table that scrolls on a phone, for any number of columns. */
  isWide?: boolean
}

declare module '@tanstack/react-table' {
  interface ColumnMeta<TData, TValue> {
    className?: string
  }
}

/** A table that sorts by a click on a column's head, and on a phone shows each row as a card. */
export function DataTable<T>({
  label,
  rows,
  columns,
  search,
  sortBy = [],
  state,
  rowId,
  empty,
  isWide = false,
}: Props<T>) {
  const [ownSorting, setOwnSorting] = useState(sortBy)
  const [ownFilter, setOwnFilter] = useState('')
  const sorting = state?.sorting ?? ownSorting
  const filter = state?.filter ?? ownFilter
  const setSorting = state?.setSorting ?? setOwnSorting
  const setFilter = state?.setFilter ?? setOwnFilter
  const table = useReactTable<T>({
    data: rows,
    columns,
    state: { sorting, globalFilter: filter },
    onSortingChange: (change) => setSorting(typeof change === 'function' ? change(sorting) : change),
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    getFilteredRowModel: getFilteredRowModel(),
    globalFilterFn: 'includesString',
    getColumnCanGlobalFilter: () => true,
    getRowId: rowId ? (row) => rowId(row) : undefined,
  })
  const shown = table.getRowModel().rows
  if (rows.length === 0 && empty) return empty
  return (
    <div className="stack table-with-search">
      {search && <SearchBox label={search} value={filter} onChange={setFilter} />}
      <div className="table-scroll" tabIndex={isWide ? 0 : undefined}>
        <table className={isWide ? 'table is-wide' : 'table cards'} aria-label={label}>
          <thead>
            {table.getHeaderGroups().map((group) => (
              <tr key={group.id}>
                {group.headers.map((header) => (
                  <th
                    key={header.id}
                    className={header.column.columnDef.meta?.className}
                    aria-sort={ariaSort(header.column.getIsSorted())}
                  >
                    {header.column.getCanSort() ? (
                      <button type="button" className="sort" onClick={header.column.getToggleSortingHandler()}>
                        {flexRender(header.column.columnDef.header, header.getContext())}
                        <Icon name="down" className={`sort-${header.column.getIsSorted() || 'none'}`} />
                      </button>
                    ) : (
                      flexRender(header.column.columnDef.header, header.getContext())
                    )}
                  </th>
                ))}
              </tr>
            ))}
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.id}>
                {row.getVisibleCells().map((cell) => (
                  <td
                    key={cell.id}
                    className={cell.column.columnDef.meta?.className}
                    data-label={headText(cell.column.columnDef)}
                  >
                    <div>{flexRender(cell.column.columnDef.cell, cell.getContext())}</div>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {shown.length === 0 && <p className="table-none muted">No matches for “{filter}”.</p>}
      </div>
    </div>
  )
}

function headText<T>(column: ColumnDef<T, any>): string {
  return typeof column.header === 'string' ? column.header : ''
}

function ariaSort(sorted: false | 'asc' | 'desc'): 'ascending' | 'descending' | undefined {
  return sorted ? (sorted === 'asc' ? 'ascending' : 'descending') : undefined
}
