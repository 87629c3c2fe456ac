/** How a state of a service, step or run is shown: one of six tones, an icon, a word. */
import type { IconName } from '~/components/icons'

export type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'idle' | 'accent'

export interface Look {
  tone: Tone
  icon: IconName
  word: string
}

const LOOKS: Record<string, [Tone, IconName, string?]> = {
  healthy: ['good', 'check'],
  running: ['good', 'check'],
  ready: ['good', 'check'],
  done: ['good', 'check'],
  ok: ['good', 'check'],
  succeeded: ['good', 'check'],
  changed: ['good', 'check'],
  reachable: ['good', 'check'],
  starting: ['busy', 'busy'],
  restarting: ['busy', 'busy'],
  created: ['busy', 'busy'],
  pending: ['accent', 'plan', 'will change'],
  live: ['busy', 'busy', 'running'],
  interrupted: ['warn', 'warning'],
  rolled_back: ['warn', 'undo', 'rolled back'],
  'rolled-back': ['warn', 'undo', 'rolled back'],
  'cut short': ['warn', 'warning'],
  blocked: ['warn', 'minus'],
  paused: ['warn', 'minus'],
  unhealthy: ['bad', 'cross'],
  failed: ['bad', 'cross'],
  unreachable: ['bad', 'cross'],
  dead: ['bad', 'cross'],
  exited: ['warn', 'minus', 'stopped'],
  stopped: ['warn', 'minus'],
  down: ['idle', 'minus', 'not running'],
  available: ['idle', 'minus', 'not enabled'],
  removing: ['busy', 'busy'],
  skipped: ['idle', 'minus'],
  disabled: ['idle', 'minus'],
  'after start': ['idle', 'question', 'runs after start'],
  unknown: ['idle', 'question'],
}

export function lookOf(state: string | null | undefined): Look {
  const name = state || 'unknown'
  const [tone, icon, word] = LOOKS[name] ?? ['idle', 'question']
  return { tone, icon, word: word ?? name.replaceAll('_', ' ') }
}

/** Problems first. */
const URGENCY: readonly Tone[] = ['bad', 'warn', 'busy', 'idle', 'accent', 'good']

export function byUrgency(one: Tone, other: Tone): number {
  return URGENCY.indexOf(one) - URGENCY.indexOf(other)
}
