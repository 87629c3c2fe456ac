// @vitest-environment jsdom
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { runsQuery, servicesQuery } from '~/api/queries'
import { ConnectionBanner } from '~/components/connection-banner'
import { useChanges } from '~/components/use-changes'
import { API_UNREACHABLE } from '~/logic/problem'

const RETRIES = { timeout: 15_000 }
let asked: string[]
let isDown: boolean
let stream: ReadableStreamDefaultController<Uint8Array>

beforeEach(() => {
  asked = []
  isDown = false
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path)
    if (isDown) return Response.json({ type: API_UNREACHABLE, title: 'phlo-api is not responding' }, { status: 502 })
    if (!path.endsWith('/changes')) return Response.json([])
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (stream = controller) })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  })
})
afterEach(() => vi.unstubAllGlobals())

function Page() {
  useChanges()
  useQuery(servicesQuery)
  useQuery(runsQuery)
  return <ConnectionBanner />
}

async function opened(): Promise<void> {
  document.head.innerHTML = '<link rel="icon" href="/icon.svg">'
  const client = new QueryClient({ defaultOptions: { queries: { networkMode: 'always', retry: false } } })
  render(
    <QueryClientProvider client={client}>
      <Page />
    </QueryClientProvider>,
  )
  await waitFor(() => expect(asked).toHaveLength(3))
}

const times = (path: string) => asked.filter((one) => one.startsWith(`/api/v1${path}`)).length
const write = (text: string) => stream.enqueue(new TextEncoder().encode(text))

test('a change is requested again, and nothing else', async () => {
  await opened()
  write('event: service\ndata: {"name": "web"}\n\n')
  await waitFor(() => expect(times('/services')).toBe(2))
  expect([times('/runs'), times('/changes')]).toEqual([1, 1])
})

test('many changes at once are one request', async () => {
  await opened()
  for (let number = 0; number < 60; number += 1) write(`event: service\ndata: {"name": "s${number}"}\n\n`)
  write('event: run\ndata: {"id": "1"}\n\n')
  await waitFor(() => expect(times('/runs')).toBe(2))
  expect(times('/services')).toBe(2)
})

test('a lost API is shown when the stream cannot be opened again, and its return too', async () => {
  await opened()
  isDown = true
  stream.close()
  await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('phlo-api is not responding'), RETRIES)
  isDown = false
  await waitFor(() => expect(screen.getByRole('alert').textContent).toBe(''), RETRIES)
  await waitFor(() => expect(times('/services')).toBe(2))
})
