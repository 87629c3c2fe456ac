import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components'
import { apiPath } from '~/api/client'
import type { StreamState } from '~/api/events'
import type { LogLine } from '~/api/types'
import { count, secondTime } from '~/logic/format'
import { MOST_LINES, plainText } from '~/logic/log'
import { AnsiText } from './ansi-text'
import { ActionButton } from './button'
import { download } from './download'
import { CopyButton } from './copy'
import { SearchBox } from './search-box'
import { ErrorState } from './states'
import { Toggle } from './toggle'
import { useDebounced } from './use-debounced'
import { useUrlFlag, useUrlText } from './use-url-state'
import { type FollowedLog, useLog } from './use-log'

const TYPING_MILLISECONDS = 300
const LINE_HEIGHT = 19
/** So near to the end the view follows it. */
const END_PIXELS = 24

/** The log of some services as it is written. services: empty for all. tail: lines of each container to begin with. */
export function LogView({ services, tail = 200 }: { services: readonly string[]; tail?: number }) {
  const [typed, setTyped] = useUrlText('filter')
  const [isRegex, setRegex] = useUrlFlag('regex')
  const [levels, setLevels] = useUrlText('levels')
  const [isFollowing, setFollowing] = useState(true)
  const contains = useDebounced(typed, TYPING_MILLISECONDS)
  const filter = isRegex ? { regex: contains } : { contains }
  const level = levels ? levels.split('.') : []
  const followed = useLog(apiPath('/logs', { service: services, tail, ...filter, level, ansi: 'keep' }), isFollowing)
  const { log, state } = followed
  const name = services.length === 1 ? services[0] : 'services'
  return (
    <div className="stack">
      <div className="row spread">
        <div className="row">
          <SearchBox label="Filter lines" value={typed} onChange={setTyped} />
          <Toggle isSelected={isRegex} onChange={setRegex}>
            Regex
          </Toggle>
          <Levels chosen={level} choose={(all) => setLevels(all.join('.'))} />
        </div>
        <div className="row">
          <Toggle isSelected={isFollowing} onChange={setFollowing}>
            Follow
          </Toggle>
          <CopyButton label="Copy the log" text={() => plainText(log.lines)} />
          <DownloadButton name={`${name}.log`} text={() => plainText(log.lines)} />
          <ActionButton look="quiet" onPress={followed.clear}>
            Clear
          </ActionButton>
        </div>
      </div>
      {state.kind === 'failed' && <ErrorState error={state.error} retry={followed.reconnect} />}
      <Lines followed={followed} isFollowing={isFollowing} setFollowing={setFollowing} hasNames={services.length !== 1}>
        {log.lines.length === 0 && <p className="muted log-empty">{emptyText(state, Boolean(contains || levels))}</p>}
      </Lines>
      <LogFoot followed={followed} tail={tail} show={() => setFollowing(true)} />
    </div>
  )
}

const LEVELS = ['error', 'warning', 'info', 'debug']

/** The levels to show; none chosen shows all lines. */
function Levels({ chosen, choose }: { chosen: string[]; choose: (levels: string[]) => void }) {
  return (
    <ToggleButtonGroup
      className="segments"
      aria-label="Levels"
      selectionMode="multiple"
      selectedKeys={chosen}
      onSelectionChange={(keys) => choose(LEVELS.filter((level) => keys.has(level)))}
    >
      {LEVELS.map((level) => (
        <ToggleButton key={level} id={level}>
          {level}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}

/** The lines, of which only those in view are in the page. */
function Lines({
  followed: { log },
  isFollowing,
  setFollowing,
  hasNames,
  children,
}: {
  followed: FollowedLog
  isFollowing: boolean
  setFollowing: (on: boolean) => void
  hasNames: boolean
  children: ReactNode
}) {
  const box = useRef<HTMLDivElement>(null)
  const lastTop = useRef(0)
  const rows = useVirtualizer({
    count: log.lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_HEIGHT,
    getItemKey: (index) => log.lines[index]?.key ?? index,
    overscan: 20,
  })
  const height = rows.getTotalSize()
  useLayoutEffect(() => {
    if (isFollowing && box.current) box.current.scrollTop = box.current.scrollHeight
  }, [height, isFollowing])
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!
    const isAtEnd = scrollHeight - scrollTop - clientHeight < END_PIXELS
    if (isAtEnd && !isFollowing) setFollowing(true)
    else if (!isAtEnd && scrollTop < lastTop.current) setFollowing(false)
    lastTop.current = scrollTop
  }
  const hasHosts = new Set(log.lines.map((line) => line.host)).size > 1
  return (
    <div className="output log" ref={box} tabIndex={0} role="log" aria-label="Log" onScroll={scrolled}>
      {children}
      <div className="log-lines" style={{ height }}>
        {rows.getVirtualItems().map((row) => {
          const line = log.lines[row.index]!
          return (
            <div
              key={row.key}
              ref={rows.measureElement}
              data-index={row.index}
              className="log-line"
              style={{ transform: `translateY(${row.start}px)` }}
            >
              <LineHead line={line} hasName={hasNames} hasHost={hasHosts} />
              <AnsiText text={line.text} />
            </div>
          )
        })}
      </div>
    </div>
  )
}

function LineHead({ line, hasName, hasHost }: { line: LogLine; hasName: boolean; hasHost: boolean }) {
  return (
    <>
      <time className="muted" dateTime={line.time}>
        {secondTime(line.time)}
      </time>
      {hasName && <span className="log-service">{line.service}</span>}
      {hasHost && <span className="log-service">{line.host}</span>}
    </>
  )
}

/** What is shown, what is not, and whether more comes. */
function LogFoot({ followed, tail, show }: { followed: FollowedLog; tail: number; show: () => void }) {
  const { log, state, reconnect } = followed
  return (
    <div className="row spread small muted">
      <span role="status">{stateText(state)}</span>
      <span className="row">
        {log.held.length > 0 && (
          <ActionButton look="quiet" icon="down" onPress={show}>
            Show {count(log.held.length, 'new line')}
          </ActionButton>
        )}
        {log.dropped > 0
          ? `The last ${MOST_LINES.toLocaleString()} lines; ${count(log.dropped, 'older line')} removed`
          : `${count(log.lines.length, 'line')}, from the last ${tail.toLocaleString()} of each container`}
        {state.kind === 'ended' && (
          <ActionButton icon="restart" onPress={reconnect}>
            Reconnect
          </ActionButton>
        )}
      </span>
    </div>
  )
}

export function stateText(state: StreamState): string {
  switch (state.kind) {
    case 'connecting':
      return 'Connecting…'
    case 'open':
      return 'Live'
    case 'interrupted':
      return 'Connection lost. Reconnecting; the log continues where it stopped.'
    case 'ended':
      return state.reason === 'revoked'
        ? 'Ended: the session is over. Sign in again.'
        : 'Ended: no container is running any more.'
    case 'failed':
      return 'Not connected'
  }
}

function emptyText(state: StreamState, isFiltered: boolean): string {
  if (state.kind === 'connecting') return 'Connecting…'
  return isFiltered ? 'No matches' : 'No log lines yet.'
}

function DownloadButton({ name, text }: { name: string; text: () => string }) {
  return (
    <ActionButton look="quiet" onPress={() => download(name, new Blob([text()], { type: 'text/plain' }))}>
      Download
    </ActionButton>
  )
}
