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
