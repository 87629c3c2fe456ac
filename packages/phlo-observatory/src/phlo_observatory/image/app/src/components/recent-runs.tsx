import type { RunSummary } from '~/api/types'
import { RUN_COLUMNS } from './run-cells'
import { Empty } from './states'

/** A few runs, without search and sorting: the Overview loads no more script than it needs. */
export function RecentRuns({ runs }: { runs: readonly RunSummary[] }) {
  if (runs.length === 0) return <NoRuns />
  return (
    <div className="table-scroll">
      <table className="table cards" aria-label="Runs">
        <thead>
          <tr>
            {RUN_COLUMNS.map(({ id, header, className }) => (
              <th key={id} className={className}>
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              {RUN_COLUMNS.map(({ id, header, className, cell }) => (
                <td key={id} className={className} data-label={header}>
                  <div>{cell(run)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export function NoRuns() {
  return (
    <Empty icon="runs" title="No runs yet">
      Every <code>phlo up</code> that changes something is listed here.
    </Empty>
  )
}
