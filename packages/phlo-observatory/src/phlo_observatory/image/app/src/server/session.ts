/** The session cookie: the API token, sealed with the server's own key.
 *
 * Cookies know no ports, so a browser sends this one to every service on the same host name. Sealed, it tells them
 * nothing. */
import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID } from 'node:crypto'

export const COOKIE = 'observatory_session'
export const SESSION_SECONDS = 12 * 60 * 60
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** What a cookie holds. id: of this session alone. begun, until: milliseconds since the epoch. */
export interface Session {
  id: string
  token: string
  begun: number
  until: number
}

/** The AES-256 key made of a secret text of any length. */
export function keyOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

export function newSession(token: string, now: number): Session {
  return { id: randomUUID(), token, begun: now, until: now + SESSION_SECONDS * 1000 }
}

export function seal(session: Session, key: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(session), 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
}

/** The session in a cookie's value; null for one that is too old, forged, or sealed with another key. */
export function unseal(value: string, key: Buffer, now: number): Session | null {
  const bytes = Buffer.from(value, 'base64url')
  if (bytes.length <= NONCE_BYTES + TAG_BYTES) return null
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
    const session = JSON.parse(text.toString('utf8')) as Session
    return session.id && session.until > now ? session : null
  } catch {
    return null
  }
}

/** A cookie of a request by its name; null when it has none. */
export function cookieOf(headers: Headers, name: string): string | null {
  for (const part of (headers.get('cookie') ?? '').split(';')) {
    const [key, ...value] = part.trim().split('=')
    if (key === name) return value.join('=')
  }
  return null
}

/** The Set-Cookie header that keeps a sealed session, or with null removes it. */
export function sessionCookie(sealed: string | null, isSecure: boolean): string {
  const age = sealed === null ? 0 : SESSION_SECONDS
  const secure = isSecure ? '; Secure' : ''
  return `${COOKIE}=${sealed ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${age}${secure}`
}
