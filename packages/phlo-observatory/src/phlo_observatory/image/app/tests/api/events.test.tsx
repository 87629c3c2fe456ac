// @vitest-environment jsdom
import { act, renderHook, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useEvents } from '~/api/events'

interface Opened {
  headers: Record<string, string>
  write: (text: string) => void
  close: () => void
}

let opened: Opened[]
let refusal: Response | null

beforeEach(() => {
  opened = []
  refusal = null
  vi.stubGlobal('fetch', async (_: string, init: { headers: Record<string, string> }) => {
    if (refusal) return refusal.clone()
    const encoder = new TextEncoder()
    const stream = new ReadableStream({
      start(controller) {
        opened.push({
          headers: { ...init.headers },
          write: (text) => controller.enqueue(encoder.encode(text)),
          close: () => controller.close(),
        })
      },
    })
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
  })
})
afterEach(() => vi.unstubAllGlobals())

const RETRIES = { timeout: 15_000 }

function follow() {
  const taken: unknown[] = []
  const handlers = { take: (data: unknown, kind: string) => taken.push([kind, data]) }
  const hook = renderHook(({ attempt }) => useEvents('/api/v1/logs', handlers, attempt), {
    initialProps: { attempt: 0 },
  })
  return { taken, state: () => hook.result.current, again: () => hook.rerender({ attempt: 1 }) }
}

test('a stream that breaks off is taken up again behind its last event', async () => {
  const { taken, state } = follow()
  await waitFor(() => expect(state().kind).toBe('open'))
  act(() => opened[0]!.write('id: a@1\nevent: line\ndata: 1\n\n'))
  await waitFor(() => expect(taken).toEqual([['line', 1]]))
  act(() => opened[0]!.close())
  await waitFor(() => expect(state().kind).toBe('interrupted'))
  await waitFor(() => expect(opened).toHaveLength(2), RETRIES)
  expect(opened[1]!.headers['last-event-id']).toBe('a@1')
})

test('while the API is down it is tried again, for it comes back', async () => {
  refusal = Response.json({ title: 'phlo-api is not responding' }, { status: 502 })
  const { state } = follow()
  await waitFor(() => expect(state().kind).toBe('interrupted'))
  refusal = null
  await waitFor(() => expect(state().kind).toBe('open'), RETRIES)
})

test('a refusal ends it with the reason', async () => {
  refusal = Response.json({ title: 'Not found', detail: 'no service "webb"' }, { status: 404 })
  const { state } = follow()
  await waitFor(() => expect(state()).toMatchObject({ kind: 'failed', error: { detail: 'no service "webb"' } }))
})

test.each([
  ['end', '{"reason":"stopped"}', 'stopped'],
  ['end', '{}', 'end'],
  ['revoked', '{}', 'revoked'],
])('after the event %s %s it is over, with the reason', async (kind, data, reason) => {
  const { state } = follow()
  await waitFor(() => expect(state().kind).toBe('open'))
  act(() => opened[0]!.write(`event: ${kind}\ndata: ${data}\n\n`))
  await waitFor(() => expect(state()).toEqual({ kind: 'ended', reason }))
})

test('a stream that ended as it was read too slowly goes on, and one that was over when it is asked for', async () => {
  const { state, again } = follow()
  await waitFor(() => expect(state().kind).toBe('open'))
  act(() => opened[0]!.write('id: a@2\nevent: position\ndata: {}\n\nevent: end\ndata: {"reason":"behind"}\n\n'))
  await waitFor(() => expect(opened).toHaveLength(2), RETRIES)
  expect(opened[1]!.headers['last-event-id']).toBe('a@2')
  act(() => opened[1]!.write('id: a@3\nevent: end\ndata: {"reason":"stopped"}\n\n'))
  await waitFor(() => expect(state().kind).toBe('ended'))
  again()
  await waitFor(() => expect(opened).toHaveLength(3))
  expect(opened[2]!.headers['last-event-id']).toBe('a@3')
})
