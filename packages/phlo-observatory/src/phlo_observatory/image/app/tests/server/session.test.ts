import { expect, test } from 'vitest'
import { COOKIE, SESSION_SECONDS, cookieOf, keyOf, newSession, seal, sessionCookie, unseal } from '~/server/session'

const KEY = keyOf('a secret')
const NOW = 1_800_000_000_000
const SESSION = newSession('tok_123', NOW)

test('a sealed token comes out as it went in, and does not show in the cookie', () => {
  const sealed = seal(SESSION, KEY)
  expect(unseal(sealed, KEY, NOW)).toEqual(SESSION)
  expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('tok_123')
  expect(seal(SESSION, KEY)).not.toBe(sealed)
})

test.each([
  ['another key', (sealed: string) => unseal(sealed, keyOf('other'), NOW)],
  ['a changed byte', (sealed: string) => unseal(`${sealed.slice(0, -2)}AA`, KEY, NOW)],
  ['a cut end', (sealed: string) => unseal(sealed.slice(0, 20), KEY, NOW)],
  ['nothing', () => unseal('', KEY, NOW)],
  ['too late', (sealed: string) => unseal(sealed, KEY, NOW + SESSION_SECONDS * 1000)],
])('no token comes out with %s', (_, open) => {
  expect(open(seal(SESSION, KEY))).toBeNull()
})

test('a cookie is found by its whole name', () => {
  const headers = new Headers({ cookie: `x${COOKIE}=no; ${COOKIE}=a=b; other=1` })
  expect(cookieOf(headers, COOKIE)).toBe('a=b')
  expect(cookieOf(headers, 'missing')).toBeNull()
})

test('no script and no other site gets the cookie, and over TLS no plain connection', () => {
  expect(sessionCookie('x', true)).toMatch(/Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/)
  expect(sessionCookie(null, false)).toMatch(/^observatory_session=; .*Max-Age=0$/)
})
