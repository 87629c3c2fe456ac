/** What keeps other pages out: headers of every answer, and the check that a request comes from these pages. */

/** The answer with the security headers. nonce: the one that scripts of this page carry. */
export function secured(answer: Response, nonce: string): Response {
  const headers = new Headers(answer.headers)
  const policy = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    // React writes `style` attributes, and no text of others gets into one.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ]
  headers.set('content-security-policy', policy.join('; '))
  headers.set('x-content-type-options', 'nosniff')
  headers.set('x-frame-options', 'DENY')
  headers.set('referrer-policy', 'no-referrer')
  headers.set('cross-origin-opener-policy', 'same-origin')
  headers.set('cross-origin-resource-policy', 'same-origin')
  headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=()')
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers })
}

/** Whether a request comes from these pages, or from no page at all.
 *
 * SameSite does not tell ports of one host apart; a browser's Sec-Fetch-Site does, and Origin where that is missing. */
export function isOwnRequest(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site')
  if (site) return site === 'same-origin' || site === 'none'
  const origin = request.headers.get('origin')
  return origin === null || URL.parse(origin)?.host === request.headers.get('host')
}

// An IP address, localhost, or a name without a dot: nobody on the internet can make one of these lead here.
const LOCAL = /^([a-z0-9_-]+|([a-z0-9_-]+\.)*localhost|\d+(\.\d+){3}|\[[0-9a-f:.]+\])$/

/** Whether a `Host` is one of Observatory's names, so that no other page reads answers by DNS rebinding.
 *
 * allowed: further names, separated by spaces or commas; `.example.com` allows all names under it. */
export function isKnownHost(host: string | null, allowed: string): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase()
  if (LOCAL.test(name)) return true
  const names = allowed.toLowerCase().split(/[\s,]+/)
  return names.some((one) => one !== '' && (one.startsWith('.') ? name.endsWith(one) : name === one))
}
