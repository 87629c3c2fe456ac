import type { Source } from '~/api/types'

/** Where a value was written: a file with its line, or the layer. */
export function SourceText({ source }: { source: Source | null }) {
  if (!source) return <span className="muted">–</span>
  return <span className={source.file ? 'mono wrap' : 'wrap'}>{source.text}</span>
}
