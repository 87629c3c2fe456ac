import { useEffect, useRef, useState } from 'react'
import { type StreamState, useEvents } from '~/api/events'
import type { LogLine } from '~/api/types'
import { EMPTY_LOG, type Log, released, withLines } from '~/logic/log'

const FLUSH_MILLISECONDS = 100

export interface FollowedLog {
  log: Log
  state: StreamState
  clear: () => void
  reconnect: () => void
}

/** The log of a stream. Lines are added in batches, so that a talkative service does not stall the page. */
export function useLog(path: string, isFollowing: boolean): FollowedLog {
  const [log, setLog] = useState(EMPTY_LOG)
  const [attempt, setAttempt] = useState(0)
  const waiting = useRef<LogLine[]>([])
  const following = useRef(isFollowing)
  useEffect(() => {
    following.current = isFollowing
    if (isFollowing) setLog(released)
  }, [isFollowing])
  useEffect(() => {
    waiting.current = []
    setLog(EMPTY_LOG)
  }, [path])
  const state = useEvents<LogLine>(
    path,
    {
      take: (line, kind) => {
        if (kind === 'line') waiting.current.push(line)
      },
    },
    attempt,
  )
  useEffect(() => {
    const timer = setInterval(() => {
      if (waiting.current.length === 0) return
      const fresh = waiting.current.splice(0)
      setLog((known) => withLines(known, fresh, following.current))
    }, FLUSH_MILLISECONDS)
    return () => clearInterval(timer)
  }, [])
  return {
    log,
    state,
    clear: () => setLog((known) => ({ ...known, lines: [], held: [] })),
    reconnect: () => setAttempt((count) => count + 1),
  }
}
