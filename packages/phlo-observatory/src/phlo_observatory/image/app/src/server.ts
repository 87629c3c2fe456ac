/** What answers each request: health, the API, the pages. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import handler, { createServerEntry } from '@tanstack/react-start/server-entry'
import { answerApi, type Settings, toSignIn } from './server/api'
import { EndedSessions } from './server/ended'
import { NONCE_HEADER } from './server/nonce'
import { problem } from './server/problem'
import { isKnownHost, secured } from './server/security'
import { keyOf } from './server/session'

let settings: Settings | null = null

/** The settings of this process. Without a file of them, sessions end with the process. */
function ownSettings(): Settings {
  if (settings) return settings
  const file = process.env.OBSERVATORY_SETTINGS
  const written = file ? (JSON.parse(readFileSync(file, 'utf8')) as { api_url: string; session_key: string }) : null
  settings = {
    apiUrl: written?.api_url ?? 'http://127.0.0.1:4000',
    key: written ? keyOf(written.session_key) : randomBytes(32),
    now: Date.now,
    ended: new EndedSessions(file ? join(dirname(file), 'ended.json') : null, Date.now),
  }
  return settings
}

export default createServerEntry({
  async fetch(request) {
    const nonce = randomBytes(16).toString('base64')
    if (!isKnownHost(request.headers.get('host'), process.env.PHLO_ALLOWED_HOSTS ?? '')) {
      const fix = 'To allow the name, add it to PHLO_ALLOWED_HOSTS.'
      return secured(
        problem(421, 'Unknown host name', 'Observatory does not accept the host name of this address.', fix),
        nonce,
      )
    }
    if (new URL(request.url).pathname === '/health') return Response.json({ status: 'ok' })
    const answer = await answerApi(request, ownSettings())
    if (answer) return secured(answer, nonce)
    const { method, url, signal } = request
    if (method !== 'GET' && method !== 'HEAD') {
      return secured(problem(405, 'Not allowed', `${method} is not supported here.`, 'Use GET.'), nonce)
    }
    const first = toSignIn(request, ownSettings())
    if (first) return secured(first, nonce)
    const headers = new Headers(request.headers)
    headers.set(NONCE_HEADER, nonce)
    return secured(await handler.fetch(new Request(url, { method, headers, signal })), nonce)
  },
})
