import {
  type ColumnDef,
  type SortingState,
  flexRender,
  getCoreRowModel,
  getFilteredRowModel,
  getSortedRowModel,
  useReactTable,
} from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useRef, useState } from 'react'
import { Icon } from './icons'
import { SearchBox } from './search-box'
import type { TableState } from './use-url-state'

const ROW_HEIGHT = 36

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
  /** For any number of rows and columns: it scrolls in its own window, and holds only the rows in view. */
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
  const all = table.getRowModel().rows
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: isWide ? all.length : 0,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
  })
  const inView = virtual.getVirtualItems()
  const shown = isWide ? inView.flatMap(({ index }) => all[index] ?? []) : all
  const above = inView[0]?.start ?? 0
  const below = virtual.getTotalSize() - (inView.at(-1)?.end ?? 0)
  if (rows.length === 0 && empty) return empty
  return (
    <div className="stack table-with-search">
      {search && <SearchBox label={search} value={filter} onChange={setFilter} />}
      <div
        className={isWide ? 'table-scroll table-window' : 'table-scroll'}
        ref={box}
        tabIndex={isWide ? 0 : undefined}
      >
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
            <Spacer height={above} />
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
            <Spacer height={below} />
          </tbody>
        </table>
        {all.length === 0 && <p className="table-none muted">No matches for “{filter}”.</p>}
      </div>
    </div>
  )
}

/** The place of rows that are not in view. */
function Spacer({ height }: { height: number }) {
  return height > 0 ? <tr aria-hidden="true" style={{ height }} /> : null
}

function headText<T>(column: ColumnDef<T, any>): string {
  return typeof column.header === 'string' ? column.header : ''
}

function ariaSort(sorted: false | 'asc' | 'desc'): 'ascending' | 'descending' | undefined {
  return sorted ? (sorted === 'asc' ? 'ascending' : 'descending') : undefined
}
