/** The way to phlo-api: signing in and out, and everything under /api/ passed on with the token of the session. */
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'
import type { EndedSessions } from './ended'
import { API_UNREACHABLE } from '../logic/problem'
import { problem } from './problem'
import { isOwnRequest } from './security'
import { COOKIE, type Session, cookieOf, newSession, seal, sessionCookie, unseal } from './session'

export interface Settings {
  apiUrl: string
  key: Buffer
  now: () => number
  ended: EndedSessions
}

const PASSED_ON = ['accept', 'accept-encoding', 'content-type', 'last-event-id', 'if-none-match', 'idempotency-key']
// A compressed body is passed on as it is.
const PASSED_BACK = [
  'content-type',
  'content-encoding',
  'vary',
  'cache-control',
  'etag',
  'location',
  'retry-after',
  'content-disposition',
]

/** The answer to a request that is about the API or the session; null for any other. */
export async function answerApi(request: Request, settings: Settings): Promise<Response | null> {
  const path = new URL(request.url).pathname
  if (path !== '/session' && !path.startsWith('/api/')) return null
  if (!isOwnRequest(request)) {
    return problem(403, 'Refused', 'The request comes from another site.', 'Open Observatory itself.')
  }
  if (path.startsWith('/api/')) return passOn(request, settings)
  if (request.method === 'POST') return signIn(request, settings)
  if (request.method === 'DELETE') {
    const session = sessionOf(request, settings)
    if (session) settings.ended.end(session)
    return new Response(null, { status: 204, headers: { 'set-cookie': sessionCookie(null, isSecure(request)) } })
  }
  return problem(405, 'Not allowed', `${request.method} is not supported here.`, 'Use POST or DELETE.')
}

/** Where a page's request without a session goes first; null for one that has a session, or needs none. */
export function toSignIn(request: Request, settings: Settings): Response | null {
  const { pathname, search } = new URL(request.url)
  if (pathname === '/login' || sessionOf(request, settings)) return null
  const then = pathname + search
  const location = then === '/' ? '/login' : `/login?then=${encodeURIComponent(then)}`
  return new Response(null, { status: 302, headers: { location, 'cache-control': 'no-store' } })
}

/** The request's session; null for one that has ended, too. */
function sessionOf(request: Request, settings: Settings): Session | null {
  const cookie = cookieOf(request.headers, COOKIE)
  const session = cookie ? unseal(cookie, settings.key, settings.now()) : null
  return session && !settings.ended.has(session) ? session : null
}

/** The addresses that the request came by, for phlo-api's limits and audit log. */
function forwardedFor(request: Request): string | null {
  const { ip } = request as Request & { ip?: string }
  const before = request.headers.get('x-forwarded-for')
  return [before, ip].filter(Boolean).join(', ') || null
}

async function signIn(request: Request, settings: Settings): Promise<Response> {
  const token = await tokenIn(request)
  if (token === null) {
    return problem(400, 'No token', 'The token is missing or has characters no token has.', 'Paste the whole token.')
  }
  const headers = new Headers({ authorization: `Bearer ${token}`, accept: 'application/json' })
  const addresses = forwardedFor(request)
  if (addresses) headers.set('x-forwarded-for', addresses)
  const answer = await ask(new URL('/api/v1/session', settings.apiUrl), { method: 'GET', headers })
  if (answer.ok) {
    const sealed = seal(newSession(token, settings.now()), settings.key)
    answer.headers.set('set-cookie', sessionCookie(sealed, isSecure(request)))
  }
  return answer
}

async function tokenIn(request: Request): Promise<string | null> {
  const body = (await request.json().catch(() => null)) as { token?: unknown } | null
  const token = typeof body?.token === 'string' ? body.token.trim() : ''
  return /^[\x21-\x7e]{1,512}$/.test(token) ? token : null
}

async function passOn(request: Request, settings: Settings): Promise<Response> {
  const session = sessionOf(request, settings)
  if (!session) return problem(401, 'Not signed in', 'There is no session, or it has ended.', 'Sign in with a token.')
  const { pathname, search, host } = new URL(request.url)
  // By the host the browser came by the API knows how it reaches the other services.
  const headers = new Headers({ authorization: `Bearer ${session.token}`, host })
  const addresses = forwardedFor(request)
  if (addresses) headers.set('x-forwarded-for', addresses)
  for (const name of PASSED_ON) {
    const value = request.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
  const body = hasBody ? await request.arrayBuffer().catch(() => undefined) : null
  if (body === undefined)
    return problem(413, 'Request too large', 'The request is larger than 1 MiB.', 'Send a smaller request.')
  const [ended, done] = settings.ended.signal(session)
  const signal = AbortSignal.any([request.signal, ended])
  return ask(new URL(pathname + search, settings.apiUrl), { method: request.method, headers, body, signal }, done)
}

/** Ask the API. Its answer is streamed, so events arrive as they happen. done: called when all of it has arrived. */
async function ask(url: URL, init: Asked, done: () => void = () => undefined): Promise<Response> {
  try {
    const answer = await exchange(url, init)
    answer.once('close', done)
    const headers = new Headers({ 'cache-control': 'no-store' })
    for (const name of PASSED_BACK) {
      const value = answer.headers[name]
      if (typeof value === 'string') headers.set(name, value)
    }
    const status = answer.statusCode ?? 502
    const hasBody = status !== 204 && status !== 304
    const body = hasBody ? (Readable.toWeb(answer) as ReadableStream) : null
    return new Response(body && isStream(headers) ? opened(body) : body, { status, headers })
  } catch (error) {
    done()
    if (init.signal?.aborted) return new Response(null, { status: 499 })
    const cause = error instanceof Error ? error.message : String(error)
    const fix = 'Check it with `phlo ps` and `phlo logs phlo-api`.'
    return problem(502, 'phlo-api is not responding', cause, fix, API_UNREACHABLE)
  }
}

function isStream(headers: Headers): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') ?? false
}

/** A stream of events that begins with a comment: Node sends the head of a response with its first bytes. */
function opened(events: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = events.getReader()
  return new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(': open\n\n')),
    async pull(controller) {
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

interface Asked {
  method: string
  headers: Headers
  body?: ArrayBuffer | null
  signal?: AbortSignal
}

/** A request and the head of its answer. `fetch` would not let Host be set. */
function exchange(url: URL, { method, headers, body, signal }: Asked): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const { request } = url.protocol === 'https:' ? https : http
  const asking = request(url, { method, headers: Object.fromEntries(headers), signal }, resolve)
  asking.on('error', reject)
  asking.end(body ? Buffer.from(body) : undefined)
  return promise
}

function isSecure(request: Request): boolean {
  return request.headers.get('x-forwarded-proto') === 'https' || new URL(request.url).protocol === 'https:'
}
