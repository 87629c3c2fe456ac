import { useMutation } from '@tanstack/react-query'
import type { ColumnDef } from '@tanstack/react-table'
import { useMemo } from 'react'
import { ApiError, exportRows } from '~/api/client'
import type { StatementResult } from '~/api/types'
import { chooseChart, isNumber } from '~/logic/chart'
import { cellText, count, duration } from '~/logic/format'
import { type Place, csvOf, jsonOf, titleOf } from '~/logic/sql-run'
import { ActionButton } from './button'
import { Chart } from './chart'
import { download } from './download'
import { Section } from './page'
import { Empty, ErrorState } from './states'
import { DataTable } from './table'

type Format = 'csv' | 'json'
const TYPES = { csv: 'text/csv', json: 'application/json' }

/** The result of one statement. place: of its error in the editor. title: where there are several statements. */
export function SqlResult({ result, place, title }: { result: StatementResult; place: Place | null; title: string }) {
  const choice = useMemo(() => chooseChart(result), [result])
  const heading = title && `${title}: ${result.sql.replace(/\s+/g, ' ').slice(0, 80)}`
  if (result.error) {
    const { message, name } = result.error
    const where = place ? `line ${place.line}, column ${place.column}` : undefined
    const title = heading ? `${titleOf(result.error)} (${heading})` : titleOf(result.error)
    return <ErrorState error={new ApiError(400, title, message, '', { where, lines: name ? [name] : [] })} />
  }
  const facts = `${count(result.rows.length, 'row')} in ${duration(result.seconds)}${result.truncated ? ', truncated' : ''}`
  return (
    <div className="stack-loose">
      {choice && (
        <Section title={title ? `Chart of ${title.toLowerCase()}` : 'Chart'}>
          <Chart result={result} choice={choice} />
        </Section>
      )}
      <Section
        title={heading || 'Result'}
        aside={
          <span className="row">
            {facts}
            {result.columns.length > 0 && <Export result={result} />}
          </span>
        }
      >
        <Rows result={result} label={title || 'Result'} />
      </Section>
    </div>
  )
}

function Rows({ result, label }: { result: StatementResult; label: string }) {
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
  return (
    <DataTable
      label={label}
      isWide
      rows={result.rows}
      columns={columns}
      empty={
        <Empty icon="data" title="No rows">
          Statement succeeded.
        </Empty>
      }
    />
  )
}

/** A complete result is saved as it is. A truncated one is queried again, with all its rows. */
function Export({ result }: { result: StatementResult }) {
  const save = useMutation({
    mutationFn: async (format: Format) => {
      const text = format === 'csv' ? csvOf : jsonOf
      const content = result.truncated
        ? await exportRows(result.sql, format)
        : new Blob([text(result)], { type: TYPES[format] })
      download(`query.${format}`, content)
    },
  })
  return (
    <>
      {(['csv', 'json'] as const).map((format) => (
        <ActionButton
          key={format}
          look="quiet"
          icon="download"
          isDisabled={save.isPending}
          onPress={() => save.mutate(format)}
          aria-label={result.truncated ? `Run again and save all rows as ${format}` : `Save as ${format}`}
        >
          {format.toUpperCase()}
        </ActionButton>
      ))}
      {save.error && <ErrorState error={save.error} />}
    </>
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
