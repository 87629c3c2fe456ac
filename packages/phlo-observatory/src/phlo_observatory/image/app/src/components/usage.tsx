import { useQuery } from '@tanstack/react-query'
import { statsQuery } from '~/api/queries'
import type { Sample, Stats } from '~/api/types'
import { bytes } from '~/logic/format'
import { MEASURES, type Measure, newest, sparkline, usageText, valueOf } from '~/logic/stats'
import { Empty } from './states'

/** The course covers what there is: ten minutes at least, an hour at most. */
const LEAST_SECONDS = 600
const MOST_SECONDS = 3600
const BOX = { width: 120, height: 28 }

/** The course of the last hour, as far as it is known. The figure beside it says the same of the present. */
export function Sparkline({ samples, measure, stats }: { samples: readonly Sample[]; measure: Measure; stats: Stats }) {
  const now = stats.now ?? 0
  const past = now - (samples[0]?.time ?? now)
  const pieces = sparkline(samples, measure, {
    ...BOX,
    now,
    seconds: Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, past)),
    gap: 3 * stats.interval_seconds,
  })
  return (
    <svg
      className="sparkline"
      viewBox={`0 -1 ${BOX.width} ${BOX.height + 2}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {pieces.map((points) => (
        <polyline key={points} points={points} />
      ))}
    </svg>
  )
}

/** One figure of a service in a table. */
export function UsageCell({ service, measure }: { service: string; measure: Measure }) {
  const { data: stats } = useQuery(statsQuery)
  const found = stats?.services.find((one) => one.service === service)
  if (!stats || !found) return <span className="muted">–</span>
  return (
    <span className="usage-cell">
      <span className="nowrap">{usageText(valueOf(newest(found.samples, stats), measure), measure)}</span>
      <Sparkline samples={found.samples} measure={measure} stats={stats} />
    </span>
  )
}

/** All figures of a service, or of a host. */
export function Usage({ of, name }: { of: 'service' | 'host'; name: string }) {
  const { data: stats } = useQuery(statsQuery)
  if (!stats) return null
  const service = stats.services.find((one) => of === 'service' && one.service === name)
  const host = stats.hosts.find((one) => of === 'host' && one.host === name)
  const samples = service?.samples ?? host?.samples ?? []
  if (samples.length === 0)
    return (
      <Empty icon="runs" title="No figures yet">
        The first follow within a minute.
      </Empty>
    )
  const most: Partial<Record<Measure, string>> = {
    cpu: host?.cpus ? `of ${host.cpus}` : undefined,
    memory: limitText(service?.memory_limit_bytes ?? host?.memory_total_bytes),
  }
  const last = newest(samples, stats)
  return (
    <dl className="usage">
      {MEASURES.map(({ measure, title }) => (
        <div key={measure} className="tile">
          <dt className="muted">{title}</dt>
          <dd>
            <strong>{usageText(valueOf(last, measure), measure)}</strong>{' '}
            <span className="muted small">{most[measure]}</span>
            <Sparkline samples={samples} measure={measure} stats={stats} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function limitText(limit: number | null | undefined): string | undefined {
  return limit ? `of ${bytes(limit)}` : undefined
}
