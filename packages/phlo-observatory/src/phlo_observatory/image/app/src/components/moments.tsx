import { ago, moment } from '~/logic/format'
import { useNow } from './use-now'

/** How long ago something was; the exact moment shows when one points at it. */
export function Ago({ at }: { at: number | null | undefined }) {
  const now = useNow(10)
  if (at === null || at === undefined) return <span className="muted">never</span>
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={moment(at)} className="nowrap">
      {ago(at, now)}
    </time>
  )
}
