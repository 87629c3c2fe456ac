/** An error in the form that phlo-api has too: RFC 9457, with the `fix` of phlo's messages. */
export function problem(status: number, title: string, detail: string, fix: string): Response {
  return Response.json(
    { title, status, detail, fix },
    { status, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' } },
  )
}
