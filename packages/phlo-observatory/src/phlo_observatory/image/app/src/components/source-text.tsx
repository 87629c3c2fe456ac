import type { Source } from '~/api/types'

/** Where a value was written: a file with its line, or words. */
export function SourceText({ source }: { source: Source | null }) {
  if (!source) return <span className="muted">–</span>
  if (typeof source === 'string') return <span className="wrap">{source}</span>
  return (
    <span className="mono wrap">
      {source.file}
      {source.line === null ? '' : `:${source.line}`}
    </span>
  )
}
