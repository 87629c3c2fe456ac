import { useEffect, useRef, useState } from 'react'
import { Switch } from 'react-aria-components'
import { apiPath } from '~/api/client'
import { useEvents } from '~/api/events'
import type { LogLine } from '~/api/types'
import { ActionButton } from './button'
import { SearchBox } from './search-box'

const MOST_LINES = 2_000
const FLUSH_MILLISECONDS = 100

interface Shown extends LogLine {
  key: number
}

/** The log of some services as it is written. Lines come in bunches, so that a talkative service does not stall the page. */
export function LogView({ services, tail = 200 }: { services: readonly string[]; tail?: number }) {
  const [contains, setContains] = useState('')
  const [isFollowing, setFollowing] = useState(true)
  const [lines, setLines] = useState<Shown[]>([])
  const waiting = useRef<LogLine[]>([])
  const counter = useRef(0)
  const [isLost, setLost] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const path = apiPath('/logs', { service: services, tail, contains, follow: isFollowing })
  useEffect(() => {
    waiting.current = []
    setLines([])
    setLost(false)
  }, [path])
  const state = useEvents<LogLine>(path, (line, kind) => {
    if (kind === 'lost') setLost(true)
    else waiting.current.push(line)
  })
  useEffect(() => {
    const timer = setInterval(() => {
      if (waiting.current.length === 0) return
      const fresh = waiting.current.splice(0).map((line) => ({ ...line, key: counter.current++ }))
      setLines((all) => [...all, ...fresh].slice(-MOST_LINES))
    }, FLUSH_MILLISECONDS)
    return () => clearInterval(timer)
  }, [])
  useEffect(() => {
    if (isFollowing && box.current) box.current.scrollTop = box.current.scrollHeight
  }, [lines, isFollowing])
  const names = services.length !== 1
  const hosts = new Set(lines.map((line) => line.host)).size > 1
  return (
    <div className="stack">
      <div className="row spread">
        <SearchBox label="Lines that contain" value={contains} onChange={setContains} />
        <div className="row">
          <Toggle isSelected={isFollowing} onChange={setFollowing}>
            Follow
          </Toggle>
          <ActionButton look="quiet" onPress={() => setLines([])}>
            Clear
          </ActionButton>
        </div>
      </div>
      {isLost && <p className="note tone-warn">Lines are missing: more were written than could be taken in time.</p>}
      <div className="output log" ref={box} tabIndex={0} role="log" aria-label="Log">
        {lines.map((line) => (
          <div key={line.key} className="log-line">
            <time className="muted" dateTime={line.time}>
              {clockTime(line.time)}
            </time>
            {names && <span className="log-service">{line.service}</span>}
            {hosts && <span className="log-service">{line.host}</span>}
            <span className="log-text">{line.text}</span>
          </div>
        ))}
        {lines.length === 0 && <LogSilence state={state} contains={contains} />}
      </div>
    </div>
  )
}

/** The time of day of a log's line; what is no time stays away. */
function clockTime(text: string): string {
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? '' : at.toLocaleTimeString()
}

function LogSilence({ state, contains }: { state: string; contains: string }) {
  if (state === 'broken')
    return <p>The log cannot be read. Check on the Services page that the service has a container.</p>
  if (state === 'connecting') return <p className="muted">Connecting…</p>
  return <p className="muted">{contains ? `No line contains “${contains}”.` : 'Nothing was written yet.'}</p>
}

export function Toggle({
  isSelected,
  onChange,
  children,
}: {
  isSelected: boolean
  onChange: (on: boolean) => void
  children: string
}) {
  return (
    <Switch className="switch" isSelected={isSelected} onChange={onChange}>
      <span className="switch-track" aria-hidden="true" />
      {children}
    </Switch>
  )
}
