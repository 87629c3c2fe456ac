/** What services and hosts use: the newest figures, and a course to draw. */
import type { Sample, Stats } from '~/api/types'
import { bytes } from './format'

export type Measure = 'cpu' | 'memory' | 'received' | 'sent'

export const MEASURES: readonly { measure: Measure; title: string }[] = [
  { measure: 'cpu', title: 'CPU' },
  { measure: 'memory', title: 'Memory' },
  { measure: 'received', title: 'Received' },
  { measure: 'sent', title: 'Sent' },
]

export function valueOf(sample: Sample | undefined, measure: Measure): number | null {
  if (!sample) return null
  switch (measure) {
    case 'cpu':
      return sample.cpu_cores
    case 'memory':
      return sample.memory_bytes
    case 'received':
      return sample.received_per_second
    case 'sent':
      return sample.sent_per_second
  }
}

/** The newest sample, unless it is too old to be shown as the present state. */
export function newest(samples: readonly Sample[], stats: Stats): Sample | undefined {
  const last = samples.at(-1)
  return last && stats.now !== null && stats.now - last.time <= 2 * stats.interval_seconds ? last : undefined
}

/** `0.25 cores`, `1.5 GiB`, `12 KiB/s`. */
export function usageText(value: number | null, measure: Measure): string {
  if (value === null) return '–'
  if (measure === 'cpu') return `${value < 0.995 ? value.toFixed(2) : value.toFixed(1)} cores`
  return measure === 'memory' ? bytes(value) : `${bytes(value)}/s`
}

/** Points of a polyline in a box, in pieces: a gap where samples are missing.
 *
 * The axis begins at zero. seconds: how long a time the width of the box is; now: at its right side. */
export function sparkline(
  samples: readonly Sample[],
  measure: Measure,
  { width, height, now, seconds, gap }: { width: number; height: number; now: number; seconds: number; gap: number },
): string[] {
  const known = samples.filter((one) => valueOf(one, measure) !== null && one.time > now - seconds)
  const high = Math.max(...known.map((one) => valueOf(one, measure) ?? 0), Number.MIN_VALUE)
  const pieces: string[][] = []
  let before = -Infinity
  for (const one of known) {
    if (one.time - before > gap) pieces.push([])
    before = one.time
    const x = width * (1 - (now - one.time) / seconds)
    const y = height * (1 - (valueOf(one, measure) ?? 0) / high)
    pieces.at(-1)?.push(`${x.toFixed(1)},${y.toFixed(1)}`)
  }
  return pieces.map((piece) => piece.join(' '))
}
