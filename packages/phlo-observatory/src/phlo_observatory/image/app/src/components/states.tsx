import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef } from 'react'
import { ApiError } from '~/api/client'
import { useConnection } from '~/api/connection'
import { ActionButton } from './button'
import { CopyButton } from './copy'
import { FindingDetail } from './finding'
import { Icon, type IconName } from './icons'

/** Grey bars in the place of what is on its way. */
export function Loading({ label = 'Loading', lines = 4 }: { label?: string; lines?: number }) {
  return (
    <div className="loading" role="status">
      <span className="visually-hidden">{label}…</span>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} className="loading-line" aria-hidden="true" />
      ))}
    </div>
  )
}

/** Nothing to show: why, and what to do about it. */
export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} />
      <p className="state-title">{title}</p>
      {children && <div className="muted">{children}</div>}
    </div>
  )
}

/** What went wrong, where, and what to do about it. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  const title = error instanceof Error ? error.message : 'Something went wrong'
  return (
    <div className="error-state" role="alert">
      <Icon name="warning" />
      <div className="stack">
        <p className="state-title">{title}</p>
        <ErrorDetail error={error} />
        <div className="row">
          {retry && (
            <ActionButton icon="restart" onPress={retry}>
              Try again
            </ActionButton>
          )}
          <CopyButton label="Copy the error" text={() => errorText(error)} />
        </div>
      </div>
    </div>
  )
}

/** An error as text for a message to somebody else. */
export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error)
  const { where, excerpt = [], lines = [], others = [] } = error.problem
  const marked = excerpt.map((line) => `${line.is_marked ? '>' : ' '} ${line.number} ${line.text}`)
  const more = others.map((other) => [other.where, other.detail].filter(Boolean).join(': '))
  return [error.message, where, error.detail, ...marked, ...lines, error.fix, ...more].filter(Boolean).join('\n')
}

/** All that is known about an error below its title. */
export function ErrorDetail({ error }: { error: unknown }) {
  if (!(error instanceof ApiError)) {
    return <p className="muted wrap">Reload the page. If the error stays, read the log of observatory.</p>
  }
  const { detail, fix, problem } = error
  return (
    <>
      <FindingDetail finding={{ ...problem, detail, fix }} />
      {problem.others?.map((other, index) => (
        <FindingDetail key={index} finding={other} />
      ))}
    </>
  )
}

export function NotFound() {
  return (
    <main className="lone">
      <title>Page not found · Observatory</title>
      <div className="empty">
        <Icon name="question" />
        <h1>Page not found</h1>
        <p className="muted">
          Go to the <Link to="/">overview</Link>.
        </p>
      </div>
    </main>
  )
}

interface Asked<T> {
  data: T | undefined
  error: unknown
  /** When the last error occurred; 0 without one. */
  errorUpdatedAt: number
  refetch: () => unknown
}

/** The three states of a request. Its response is shown by `children`, an older one while a new request fails.
 *
 * An error stays while the request is repeated. What the banner of the connection says is not repeated here. */
export function Answer<T>({
  query,
  children,
  loading,
}: {
  query: Asked<T>
  children: (data: T) => ReactNode
  loading?: ReactNode
}) {
  const { link } = useConnection()
  const error = useLastError(query)
  if (query.data !== undefined) {
    return (
      <>
        {query.error && link === 'ok' ? <ErrorState error={query.error} retry={() => query.refetch()} /> : null}
        {children(query.data)}
      </>
    )
  }
  if (error) return <ErrorState error={error} retry={() => query.refetch()} />
  return loading ?? <Loading />
}

/** The error of a request, also while it is sent again: the query itself forgets it then. */
function useLastError({ error, errorUpdatedAt }: Asked<unknown>): unknown {
  const last = useRef<{ at: number; error: unknown } | null>(null)
  useEffect(() => {
    if (error) last.current = { at: errorUpdatedAt, error }
  }, [error, errorUpdatedAt])
  if (error) return error
  return errorUpdatedAt > 0 && last.current?.at === errorUpdatedAt ? last.current.error : null
}
