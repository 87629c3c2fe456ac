/** Requests to phlo-api, by way of this site's own server. */
import { API_UNREACHABLE } from '~/logic/problem'
import { report } from './connection'
import type { Problem } from './types'

/** A request that failed, with what to do about it.
 *
 * problem: where the error is, with an excerpt of the file or the last lines of a log, and what else is wrong. */
export class ApiError extends Error {
  readonly type: string

  constructor(
    readonly status: number,
    title: string,
    readonly detail: string,
    readonly fix: string,
    readonly problem: Partial<Problem> = {},
  ) {
    super(title)
    this.name = 'ApiError'
    this.type = problem.type ?? 'about:blank'
  }
}

/** GET a response. path: below /api/v1. Parameters that are null or empty are left out. */
export function get<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
  return send<T>(apiPath(path, parameters), { signal })
}

export function post<T>(path: string, body: unknown = {}): Promise<T> {
  return send<T>(apiPath(path), jsonBody(body))
}

/** Cancel a query by the id that its request named. */
export async function cancelQuery(id: string): Promise<void> {
  await send(apiPath(`/data/queries/${encodeURIComponent(id)}`), { method: 'DELETE' })
}

/** All rows of a statement as a file. */
export async function exportRows(sql: string, format: 'csv' | 'json'): Promise<Blob> {
  const answer = await answered(apiPath('/data/export'), jsonBody({ sql, format }))
  return answer.blob()
}

export async function signIn(token: string): Promise<void> {
  await send('/session', jsonBody({ token }))
}

export async function signOut(): Promise<void> {
  await send('/session', { method: 'DELETE' })
}

export type Parameters = Record<string, string | number | boolean | readonly string[] | null | undefined>

export function apiPath(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (Array.isArray(value)) for (const one of value) query.append(name, one)
    else if (value !== null && value !== undefined && value !== '') query.append(name, String(value))
  }
  const text = query.toString()
  return `/api/v1${path}${text ? `?${text}` : ''}`
}

function jsonBody(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

async function send<T>(path: string, init: RequestInit): Promise<T> {
  const answer = await answered(path, init)
  return (answer.status === 204 ? null : await answer.json()) as T
}

async function answered(path: string, init: RequestInit): Promise<Response> {
  let answer: Response
  try {
    answer = await fetch(path, init)
  } catch (error) {
    if (init.signal?.aborted && !isTimeout(init.signal.reason)) throw error
    report({ kind: 'failed', link: 'observatory' })
    throw new ApiError(0, 'Observatory is not responding', 'The connection failed.', 'Check it with `phlo ps`.')
  }
  const error = answer.ok ? null : await errorOf(answer)
  if (error?.type === API_UNREACHABLE) report({ kind: 'failed', link: 'api' })
  else report({ kind: 'answered', at: Date.now() / 1000 })
  if (error) throw error
  return answer
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}

export async function errorOf(answer: Response): Promise<ApiError> {
  const told = (await answer.json().catch(() => ({}))) as Partial<Problem>
  const detail = typeof told.detail === 'string' ? told.detail : told.detail ? JSON.stringify(told.detail) : ''
  return new ApiError(answer.status, told.title ?? `Error ${answer.status}`, detail, told.fix ?? 'Try again.', told)
}
