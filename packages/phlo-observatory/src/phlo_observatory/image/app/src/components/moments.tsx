import { ago, moment, secondsOf } from '~/logic/format'
import { useNow } from './use-now'
import { useZone } from './use-zone'

/** How long ago something was; the exact moment shows when one points at it. at: seconds since the epoch, or ISO 8601. */
export function Ago({ at: given }: { at: number | string | null | undefined }) {
  const now = useNow(10)
  useZone()
  const at = typeof given === 'string' ? secondsOf(given) : given
  if (at === null || at === undefined) return <span className="muted">never</span>
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={moment(at)} className="nowrap">
      {ago(at, now)}
    </time>
  )
}
