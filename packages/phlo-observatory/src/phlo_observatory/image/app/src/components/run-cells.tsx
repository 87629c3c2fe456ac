import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { RunSummary } from '~/api/types'
import { duration } from '~/logic/format'
import { Ago } from './moments'
import { Status } from './status'

/** What tables show of a run. id: of the column; value: what it is sorted and searched by. */
export const RUN_COLUMNS: readonly {
  id: string
  header: string
  className?: string
  value: (run: RunSummary) => unknown
  cell: (run: RunSummary) => ReactNode
}[] = [
  {
    id: 'title',
    header: 'Run',
    value: (run) => run.title,
    cell: (run) => (
      <div className="stack-tight">
        <Link to="/runs/$id" params={{ id: run.id }} className="strong-link">
          {run.title}
        </Link>
        <span className="muted small mono">{run.id}</span>
      </div>
    ),
  },
  { id: 'result', header: 'Result', value: (run) => run.result, cell: (run) => <Status state={run.result} /> },
  { id: 'began', header: 'Started', value: (run) => run.began, cell: (run) => <Ago at={run.began} /> },
  {
    id: 'seconds',
    header: 'Duration',
    className: 'number',
    value: (run) => run.seconds,
    cell: (run) => <span className="nowrap">{duration(run.seconds)}</span>,
  },
  {
    id: 'changes',
    header: 'Changes',
    value: (run) => countsText(run.counts),
    cell: (run) => countsText(run.counts),
  },
]

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
