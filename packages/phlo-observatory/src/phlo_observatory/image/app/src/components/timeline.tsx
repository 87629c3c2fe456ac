import { useState } from 'react'
import type { Change, Run } from '~/api/types'
import { duration } from '~/logic/format'
import { type Bar, bars, isLive, isNews, runLength, stepName, ticks } from '~/logic/run'
import { lookOf } from '~/logic/status'
import { Icon } from './icons'
import { Status } from './status'
import { useNow } from './use-now'

/** A run as bars on one time scale. A step expands to its changes and their causes. */
export function Timeline({ run, showsAll }: { run: Run; showsAll: boolean }) {
  const now = useNow(isLive(run) ? 0.5 : null)
  const length = runLength(run, now)
  const isSpread = new Set(run.steps.map((step) => step.host)).size > 1
  const shown = bars(run, now).filter((bar) => showsAll || bar.step.critical || isNews(bar.step))
  return (
    <div className="timeline">
      <div className="timeline-axis" aria-hidden="true">
        {ticks(length).map((tick) => (
          <span key={tick} style={{ left: `${(tick / length) * 100}%` }}>
            {duration(tick)}
          </span>
        ))}
      </div>
      <ol className="timeline-steps">
        {shown.map((bar) => (
          <TimelineStep key={bar.step.id} bar={bar} isSpread={isSpread} />
        ))}
      </ol>
    </div>
  )
}

/** isSpread: the run has several hosts, so each step shows its own. */
function TimelineStep({ bar, isSpread }: { bar: Bar; isSpread: boolean }) {
  const { step } = bar
  // What fails while one watches opens too, unless one has decided oneself.
  const [chosen, setChosen] = useState<boolean | null>(null)
  const isOpen = chosen ?? step.status === 'failed'
  const look = lookOf(step.status ?? 'live')
  const took = step.seconds === null ? 'running' : duration(step.seconds)
  return (
    <li className="timeline-step">
      <button type="button" className="timeline-row" aria-expanded={isOpen} onClick={() => setChosen(!isOpen)}>
        <span className="timeline-name">
          <Icon name={look.icon} className={`tone-text-${look.tone}${look.icon === 'busy' ? ' spinning' : ''}`} />
          <span className="wrap">
            <strong>{step.service || 'project'}</strong> <span className="muted">{stepName(step)}</span>
            {isSpread && (
              <>
                {' '}
                <span className="muted">on {step.host}</span>
              </>
            )}
          </span>
          <span className="visually-hidden">
            , {look.word}, {took}
            {step.critical ? ', on the critical path' : ''}
          </span>
        </span>
        <span className="timeline-track" aria-hidden="true">
          <span
            className={`timeline-bar tone-${look.tone}${bar.step.critical ? ' is-critical' : ''}`}
            style={{ left: `${bar.left}%`, width: `max(${bar.width}%, 3px)` }}
          />
        </span>
        <span className="timeline-took muted" aria-hidden="true">
          {took}
        </span>
      </button>
      {isOpen && (
        <div className="timeline-detail">
          <div className="row">
            <Status state={step.status ?? 'live'} />
            {bar.step.critical && <span className="tag">critical path</span>}
            <span className="muted small">
              on {step.host}, started at +{duration(step.began)}, duration {took}
            </span>
          </div>
          {step.undone && <p className="note tone-warn">The earlier container was put back.</p>}
          {step.message && <p className="wrap">{step.message}</p>}
          <Changes changes={step.changes} />
          {step.detail.length > 0 && (
            <pre className="output" tabIndex={0}>
              {step.detail.join('\n')}
            </pre>
          )}
          {!step.message && step.changes.length === 0 && <p className="muted">No changes needed.</p>}
        </div>
      )}
    </li>
  )
}

/** What was or would be done, and why. */
export function Changes({ changes }: { changes: readonly Change[] }) {
  if (changes.length === 0) return null
  return (
    <ul className="changes">
      {changes.map((change, index) => (
        <li key={index}>
          <div className="row">
            <span className={`verb verb-${change.verb}`}>{change.verb}</span>
            <code className="wrap">{change.at}</code>
          </div>
          <ul className="causes">
            {change.causes.map((cause) => (
              <li key={cause} className="wrap">
                <Cause text={cause} />
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  )
}

/** A cause; `name: old -> new` is shown as the difference that it is. */
export function Cause({ text }: { text: string }) {
  const found = /^(?<name>[^:]+): (?<old>.+) -> (?<new>.+)$/s.exec(text)
  if (!found?.groups) return <>{text}</>
  return (
    <>
      {found.groups.name}: <del>{found.groups.old}</del> <span aria-hidden="true">→</span> <ins>{found.groups.new}</ins>
    </>
  )
}
