/** The way to phlo-api: signing in and out, and everything under /api/ passed on with the token of the session. */
import { problem } from './problem'
import { isOwnRequest } from './security'
import { COOKIE, cookieOf, seal, sessionCookie, unseal } from './session'

export interface Settings {
  apiUrl: string
  key: Buffer
  now: () => number
  fetch: typeof fetch
}

const PASSED_ON = ['accept', 'content-type', 'last-event-id', 'if-none-match', 'idempotency-key']
const PASSED_BACK = ['content-type', 'cache-control', 'etag', 'location', 'retry-after', 'content-disposition']

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
    return new Response(null, { status: 204, headers: { 'set-cookie': sessionCookie(null, isSecure(request)) } })
  }
  return problem(405, 'Not allowed', `${request.method} is not possible here.`, 'Use POST or DELETE.')
}

/** Where a page's request without a session goes first; null for one that has a session, or needs none. */
export function toSignIn(request: Request, settings: Settings): Response | null {
  const { pathname, search } = new URL(request.url)
  if (pathname === '/login' || tokenOf(request, settings)) return null
  const then = pathname + search
  const location = then === '/' ? '/login' : `/login?then=${encodeURIComponent(then)}`
  return new Response(null, { status: 302, headers: { location, 'cache-control': 'no-store' } })
}

/** The token of the request's session. */
function tokenOf(request: Request, settings: Settings): string | null {
  const cookie = cookieOf(request.headers, COOKIE)
  return cookie && unseal(cookie, settings.key, settings.now())
}

async function signIn(request: Request, settings: Settings): Promise<Response> {
  const token = await tokenIn(request)
  if (token === null) {
    return problem(400, 'No token', 'The token is missing or has characters no token has.', 'Paste the whole token.')
  }
  const headers = new Headers({ authorization: `Bearer ${token}`, accept: 'application/json' })
  const answer = await ask(new URL('/api/v1/session', settings.apiUrl), { headers }, settings)
  if (answer.ok) {
    const sealed = seal(token, settings.key, settings.now())
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
  const token = tokenOf(request, settings)
  if (!token) return problem(401, 'Not signed in', 'There is no session, or it has ended.', 'Sign in with a token.')
  const { pathname, search, host } = new URL(request.url)
  // By the host the browser came by the API knows how it reaches the other services.
  const headers = new Headers({ authorization: `Bearer ${token}`, host })
  for (const name of PASSED_ON) {
    const value = request.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
  const body = hasBody ? await request.arrayBuffer().catch(() => undefined) : null
  if (body === undefined) return problem(413, 'Too much', 'The request is larger than 1 MiB.', 'Send less.')
  const init: RequestInit = { method: request.method, headers, body, signal: request.signal }
  return ask(new URL(pathname + search, settings.apiUrl), init, settings)
}

/** Ask the API. Its answer is streamed, so events arrive as they happen. */
async function ask(url: URL, init: RequestInit, settings: Settings): Promise<Response> {
  try {
    const answer = await settings.fetch(url, { ...init, redirect: 'manual' })
    const headers = new Headers({ 'cache-control': 'no-store' })
    for (const name of PASSED_BACK) {
      const value = answer.headers.get(name)
      if (value !== null) headers.set(name, value)
    }
    return new Response(answer.body, { status: answer.status, headers })
  } catch (error) {
    if (init.signal?.aborted) return new Response(null, { status: 499 })
    const cause =
      error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error)
    return problem(502, 'phlo-api does not answer', cause, 'See `phlo ps` and `phlo logs phlo-api`.')
  }
}

function isSecure(request: Request): boolean {
  return request.headers.get('x-forwarded-proto') === 'https' || new URL(request.url).protocol === 'https:'
}
