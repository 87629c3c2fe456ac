import { useQuery } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { type ColumnDef, createColumnHelper } from '@tanstack/react-table'
import { useMemo } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { ApiError } from '~/api/client'
import { branchesQuery, schemataQuery, sessionQuery, tableQuery, tablesQuery } from '~/api/queries'
import type { Table, TableName } from '~/api/types'
import { ActionButton } from '~/components/button'
import { InlineCode } from '~/components/inline-code'
import { Ago } from '~/components/moments'
import { Page, Section } from '~/components/page'
import { SqlWorkbench } from '~/components/sql-workbench'
import { Answer, Empty, ErrorState } from '~/components/states'
import { Tag } from '~/components/status'
import { DataTable } from '~/components/table'
import { useKept } from '~/components/use-kept'
import { useUrlText } from '~/components/use-url-state'
import { sqlName } from '~/logic/sql'
import { bytes } from '~/logic/format'

export const Route = createFileRoute('/_app/data')({ component: Data })

function Data() {
  const [written, setWritten] = useKept('observatory_sql')
  const [tab, setTab] = useUrlText('tab', 'sql')
  const tables = useQuery(tablesQuery)
  const { data: session } = useQuery(sessionQuery)
  const mayAsk = session?.role === 'operator'
  const { data: catalogs } = useQuery({ ...schemataQuery, enabled: mayAsk && Boolean(tables.data?.length) })
  const names = useMemo(() => tables.data?.map((table) => sqlName(table, catalogs)) ?? [], [tables.data, catalogs])
  const sample = (name: string) => `SELECT * FROM ${name} LIMIT 100`
  const query = (table: TableName) => {
    setWritten(sample(sqlName(table, catalogs)))
    setTab('sql')
  }
  return (
    <Page title="Data" lead="Query your tables with SQL. Browse tables, snapshots and branches.">
      <StoreProblem error={tables.error} retry={() => tables.refetch()} />
      <Tabs className="tabs" selectedKey={tab} onSelectionChange={(key) => setTab(String(key))}>
        <TabList aria-label="Data" className="tab-list">
          <Tab id="sql">SQL</Tab>
          <Tab id="tables">Tables</Tab>
          <Tab id="branches">Branches</Tab>
        </TabList>
        <TabPanel id="sql" className="tab-panel" shouldForceMount>
          <SqlWorkbench
            statement={written ?? (names[0] ? sample(names[0]) : '')}
            setStatement={setWritten}
            tables={names}
            mayAsk={mayAsk}
          />
        </TabPanel>
        <TabPanel id="tables" className="tab-panel">
          {tables.error && !tables.data ? (
            <p className="muted">No tables to show.</p>
          ) : (
            <Answer query={tables}>{(all) => <Tables tables={all} query={query} />}</Answer>
          )}
        </TabPanel>
        <TabPanel id="branches" className="tab-panel">
          <Branches />
        </TabPanel>
      </Tabs>
    </Page>
  )
}

/** Says above all tabs that the tables cannot be read, and why. */
function StoreProblem({ error, retry }: { error: unknown; retry: () => unknown }) {
  if (!error) return null
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Empty icon="data" title="No data services">
        <InlineCode text={`${error.detail}. ${error.fix}`} />
      </Empty>
    )
  }
  return <ErrorState error={error} retry={retry} />
}

function Tables({ tables, query }: { tables: TableName[]; query: (table: TableName) => void }) {
  const [chosen, setChosen] = useUrlText('table')
  const shown = tables.find((table) => tableName(table) === chosen) ?? tables[0] ?? null
  if (!shown) {
    return (
      <Empty icon="data" title="No tables yet">
        Tables appear when a pipeline writes them.
      </Empty>
    )
  }
  return (
    <div className="with-list">
      <ul className="list" aria-label="Tables">
        {tables.map((table) => (
          <li key={tableName(table)}>
            <button
              type="button"
              aria-pressed={tableName(table) === tableName(shown)}
              onClick={() => setChosen(tableName(table))}
            >
              <span className="muted">{table.namespace}.</span>
              {table.name}
            </button>
          </li>
        ))}
      </ul>
      <OneTable key={tableName(shown)} table={shown} query={query} />
    </div>
  )
}

type Column = Table['columns'][number]
const column = createColumnHelper<Column>()
const COLUMNS: ColumnDef<Column, any>[] = [
  column.accessor('name', { header: 'Column', cell: ({ getValue }) => <code>{getValue()}</code> }),
  column.accessor('type', { header: 'Type', cell: ({ getValue }) => <code className="wrap">{getValue()}</code> }),
  column.accessor((one) => (one.required ? 'required' : 'optional'), { id: 'value', header: 'Value' }),
]

type SnapshotRow = Table['snapshots'][number]
const snapshot = createColumnHelper<SnapshotRow>()
const SNAPSHOTS: ColumnDef<SnapshotRow, any>[] = [
  snapshot.accessor('time', {
    header: 'When',
    cell: ({ row, getValue }) => (
      <span className="row">
        <Ago at={getValue()} />
        {row.original.is_current && <Tag>current</Tag>}
      </span>
    ),
  }),
  snapshot.accessor((one) => one.operation ?? '–', { id: 'operation', header: 'Operation' }),
  snapshot.accessor((one) => noted(one, 'added-records'), {
    id: 'added',
    header: 'Rows added',
    cell: ({ getValue }) => getValue()?.toLocaleString() ?? '–',
    meta: { className: 'number' },
  }),
  snapshot.accessor((one) => noted(one, 'total-records'), {
    id: 'rows',
    header: 'Rows',
    cell: ({ getValue }) => getValue()?.toLocaleString() ?? '–',
    meta: { className: 'number' },
  }),
  snapshot.accessor((one) => noted(one, 'total-files-size'), {
    id: 'size',
    header: 'Size',
    cell: ({ getValue }) => bytes(getValue()),
    meta: { className: 'number' },
  }),
  snapshot.accessor('id', { header: 'Snapshot', cell: ({ getValue }) => <code>{getValue()}</code> }),
]

/** A figure that Iceberg notes of a snapshot; null where it does not. */
function noted(one: SnapshotRow, name: string): number | null {
  const text = one.summary[name]
  return text === undefined ? null : Number(text)
}

function OneTable({ table, query }: { table: TableName; query: (table: TableName) => void }) {
  const detail = useQuery(tableQuery(table))
  return (
    <div className="stack-loose">
      <div className="row spread">
        <h2 className="wrap">{tableName(table)}</h2>
        <ActionButton icon="search" onPress={() => query(table)}>
          Query
        </ActionButton>
      </div>
      <Answer query={detail}>
        {(found) => (
          <>
            <Section title="Columns">
              <DataTable label="Columns" rows={found.columns} columns={COLUMNS} />
            </Section>
            <Section title="Snapshots">
              <DataTable
                label="Snapshots"
                rows={found.snapshots}
                columns={SNAPSHOTS}
                sortBy={[{ id: 'time', desc: true }]}
                empty={
                  <Empty icon="data" title="No snapshots">
                    Nothing was written to this table yet.
                  </Empty>
                }
              />
            </Section>
          </>
        )}
      </Answer>
    </div>
  )
}

function Branches() {
  const branches = useQuery(branchesQuery)
  if (branches.error instanceof ApiError && branches.error.status === 404) {
    return (
      <Empty icon="graph" title="No branches">
        {branches.error.fix}
      </Empty>
    )
  }
  return (
    <Answer query={branches}>
      {(all) => (
        <ul className="cards">
          {all.map((branch) => (
            <li key={branch.name} className="card stack">
              <div className="row spread">
                <strong className="wrap">{branch.name}</strong>
                <span className="row">
                  {branch.is_default && <Tag>default</Tag>}
                  <Tag>{branch.kind.toLowerCase()}</Tag>
                </span>
              </div>
              <code className="muted wrap">{branch.hash}</code>
            </li>
          ))}
        </ul>
      )}
    </Answer>
  )
}

function tableName(table: TableName): string {
  return `${table.namespace}.${table.name}`
}
