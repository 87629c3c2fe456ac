/** An error in the form that phlo-api has too: RFC 9457, with the `fix` of phlo's messages. */
export function problem(status: number, title: string, detail: string, fix: string, type = 'about:blank'): Response {
  return Response.json(
    { type, title, status, detail, fix },
    { status, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' } },
  )
}
