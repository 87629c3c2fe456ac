import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { API_UNREACHABLE } from '~/logic/problem'
import { type Settings, answerApi, toSignIn } from '~/server/api'
import { EndedSessions } from '~/server/ended'
import { COOKIE, keyOf, newSession, seal } from '~/server/session'

const TOKEN = 'tok_123'
const KEY = keyOf('a secret')
let api: Server
let settings: Settings
let asked: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[]
/** Ends the stream that /api/v1/events is. */
let finish: () => void
/** Whoever waits for the end of that connection. */
let hasLeft: () => void

async function answer(request: IncomingMessage, response: ServerResponse) {
  let body = ''
  for await (const part of request) body += part
  asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
  if (request.headers.authorization !== `Bearer ${TOKEN}`) {
    response.writeHead(401, { 'content-type': 'application/problem+json' })
    response.end('{"title": "Unknown token", "detail": "", "fix": "Ask for one."}')
  } else if (request.url === '/api/v1/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': 'a=b' })
    response.write('id: 1\ndata: {}\n\n')
    finish = () => response.end('id: 2\ndata: {}\n\n')
    response.on('close', () => hasLeft())
  } else if (request.url === '/api/v1/services' && request.headers['accept-encoding'] === 'gzip') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip', vary: 'accept-encoding' })
    response.end(gzipSync('[]'))
  } else {
    response.writeHead(200, { 'content-type': 'application/json', 'x-powered-by': 'secret sauce' })
    response.end('{"name": "admin"}')
  }
}

beforeAll(async () => {
  api = createServer((request, response) => void answer(request, response))
  await new Promise<void>((done) => api.listen(0, '127.0.0.1', done))
})
afterAll(() => api.closeAllConnections())
beforeEach(() => {
  asked = []
  hasLeft = () => undefined
  const port = (api.address() as AddressInfo).port
  settings = { apiUrl: `http://127.0.0.1:${port}`, key: KEY, now: Date.now, ended: new EndedSessions(null, Date.now) }
})

const OWN = 'http://observatory.test'

function ask(path: string, init: RequestInit = {}): Promise<Response | null> {
  return answerApi(new Request(`${OWN}${path}`, init), settings)
}

function signedIn(headers: Record<string, string> = {}): Record<string, string> {
  return { cookie: `${COOKIE}=${seal(newSession(TOKEN, Date.now()), KEY)}`, ...headers }
}

async function told(answer: Response | null): Promise<Record<string, unknown>> {
  return (await answer?.json()) as Record<string, unknown>
}

test('signing in with a token that the API knows sets a cookie that asks on with it', async () => {
  const answer = await ask('/session', { method: 'POST', body: JSON.stringify({ token: ` ${TOKEN}\n` }) })
  const cookie = answer?.headers.get('set-cookie') ?? ''
  expect(answer?.status).toBe(200)
  expect(cookie).toContain('HttpOnly; SameSite=Strict')
  expect(cookie).not.toContain(TOKEN)
  const next = await ask('/api/v1/services?q=1', { headers: { cookie: cookie.split(';')[0] ?? '' } })
  expect(await told(next)).toEqual({ name: 'admin' })
  expect(asked.map(({ url }) => url)).toEqual(['/api/v1/session', '/api/v1/services?q=1'])
})

test('a token that the API does not know sets no cookie', async () => {
  const answer = await ask('/session', { method: 'POST', body: '{"token": "wrong"}' })
  expect(answer?.status).toBe(401)
  expect(answer?.headers.has('set-cookie')).toBe(false)
  expect(await told(answer)).toMatchObject({ title: 'Unknown token' })
})

test.each(['', '{}', '{"token": ""}', '{"token": 3}', '{"token": "a b"}', '{"token": "a\\r\\nx: y"}', 'null'])(
  'the body %j is no sign-in, and the API is not asked',
  async (body) => {
    expect((await ask('/session', { method: 'POST', body }))?.status).toBe(400)
    expect(asked).toEqual([])
  },
)

test('signing out removes the cookie', async () => {
  const answer = await ask('/session', { method: 'DELETE' })
  expect(answer?.status).toBe(204)
  expect(answer?.headers.get('set-cookie')).toContain('Max-Age=0')
})

test('signing out ends the session on the server: a copy of the cookie is worth nothing, its streams end', async () => {
  const headers = signedIn()
  const other = signedIn()
  const left = new Promise<void>((resolve) => {
    hasLeft = resolve
  })
  const stream = await ask('/api/v1/events', { headers })
  expect(stream?.status).toBe(200)
  expect((await ask('/session', { method: 'DELETE', headers }))?.status).toBe(204)
  await left
  expect((await ask('/api/v1/services', { headers }))?.status).toBe(401)
  expect(toSignIn(new Request(`${OWN}/runs`, { headers }), settings)?.status).toBe(302)
  expect((await ask('/api/v1/services', { headers: other }))?.status).toBe(200)
})

test('the API hears the address of the client, behind those that proxies have named', async () => {
  const request = new Request(`${OWN}/api/v1/services`, { headers: signedIn({ 'x-forwarded-for': '192.0.2.1' }) })
  Object.defineProperty(request, 'ip', { value: '198.51.100.7' })
  await answerApi(request, settings)
  expect(asked[0]?.headers['x-forwarded-for']).toBe('192.0.2.1, 198.51.100.7')
})

test.each(['', `${COOKIE}=forged`])('without a good cookie the API is not asked', async (cookie) => {
  expect((await ask('/api/v1/services', { headers: { cookie } }))?.status).toBe(401)
  expect(asked).toEqual([])
})

test.each([
  [{ 'sec-fetch-site': 'cross-site' }],
  [{ 'sec-fetch-site': 'same-site' }],
  [{ origin: 'http://localhost:3000', host: 'localhost:4200' }],
])('a request of another site is refused: %j', async (headers) => {
  expect((await ask('/api/v1/actions/up', { method: 'POST', body: '{}', headers: signedIn(headers) }))?.status).toBe(
    403,
  )
  expect((await ask('/session', { method: 'POST', body: '{"token": "x"}', headers }))?.status).toBe(403)
  expect(asked).toEqual([])
})

test('method, body and what the API needs of the headers are passed on, and nothing else', async () => {
  const headers = signedIn({
    'content-type': 'application/json',
    'last-event-id': '7',
    'x-other': 'y',
    'sec-fetch-site': 'same-origin',
  })
  await ask('/api/v1/actions/up', { method: 'POST', body: '{"services": []}', headers })
  const [first] = asked
  expect(first).toMatchObject({ method: 'POST', body: '{"services": []}' })
  expect(first?.headers).toMatchObject({
    'last-event-id': '7',
    authorization: `Bearer ${TOKEN}`,
    host: 'observatory.test',
  })
  expect(first?.headers).not.toHaveProperty('cookie')
  expect(first?.headers).not.toHaveProperty('x-other')
})

test('events arrive while the stream is open', async () => {
  const answer = await ask('/api/v1/events', { headers: signedIn() })
  const reader = answer?.body?.getReader()
  const text = new TextDecoder()
  expect(text.decode((await reader?.read())?.value)).toBe(': open\n\n')
  expect(text.decode((await reader?.read())?.value)).toBe('id: 1\ndata: {}\n\n')
  finish()
  expect(text.decode((await reader?.read())?.value)).toBe('id: 2\ndata: {}\n\n')
  expect(answer?.headers.get('content-type')).toBe('text/event-stream')
  expect(answer?.headers.has('set-cookie')).toBe(false)
})

test('who leaves a stream leaves the API’s too', async () => {
  const left = new Promise<void>((resolve) => {
    hasLeft = resolve
  })
  const answer = await ask('/api/v1/events', { headers: signedIn() })
  await answer?.body?.cancel()
  await left
})

test('an API that does not answer is a problem with a fix', async () => {
  settings.apiUrl = 'http://127.0.0.1:1'
  const answer = await ask('/api/v1/services', { headers: signedIn() })
  expect(answer?.status).toBe(502)
  expect(await told(answer)).toMatchObject({
    title: 'phlo-api is not responding',
    type: API_UNREACHABLE,
    fix: expect.stringContaining('phlo logs'),
  })
})

test('a path cannot leave the API for another host', async () => {
  await ask('/api//evil.test/x', { headers: signedIn() })
  expect(asked.map(({ url }) => url)).toEqual(['/api//evil.test/x'])
})

test.each(['/', '/services', '/login', '/apix', '/sessions'])('%s is for the pages', async (path) => {
  expect(await ask(path)).toBeNull()
})

test.each([
  ['/', '/login'],
  ['/runs/1?x=y', '/login?then=%2Fruns%2F1%3Fx%3Dy'],
])('without a session %s is first %s', (path, location) => {
  const answer = toSignIn(new Request(`${OWN}${path}`), settings)
  expect([answer?.status, answer?.headers.get('location')]).toEqual([302, location])
})

test('with a session, and for the login itself, the page is the answer', () => {
  expect(toSignIn(new Request(`${OWN}/runs`, { headers: signedIn() }), settings)).toBeNull()
  expect(toSignIn(new Request(`${OWN}/login`), settings)).toBeNull()
})

test('a compressed answer is passed on as it is', async () => {
  const answer = await ask('/api/v1/services', { headers: signedIn({ 'accept-encoding': 'gzip' }) })
  expect([answer?.headers.get('content-encoding'), answer?.headers.get('vary')]).toEqual(['gzip', 'accept-encoding'])
  expect(gunzipSync(Buffer.from(await answer!.arrayBuffer())).toString()).toBe('[]')
})
