// @vitest-environment node
import { type Server } from 'node:http'
import { type Socket, connect } from 'node:net'
import { type Server as Served, serve } from 'srvx'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bound, limits } from '../../limits.mjs'

let served: Served
let port: number

beforeAll(async () => {
  served = serve({
    ...limits,
    node: { ...limits.node, headersTimeout: 500, requestTimeout: 1000, connectionsCheckingInterval: 50 },
    hostname: '127.0.0.1',
    port: 0,
    silent: true,
    fetch: async (request) => {
      if (request.method === 'POST') return new Response(await request.text())
      return new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(65536)) }))
    },
  })
  await served.ready()
  bound(served.node?.server as Server, 1000)
  port = Number(new URL(served.url ?? '').port)
})
afterAll(() => served.close(true))

/** Resolves when the server closes the connection. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
  })
}

test.each([
  ['that says nothing', '', ''],
  ['whose head has no end', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ', 'a'],
  ['whose body has no end', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n', 'a'],
])('a client %s is dropped', async (_, first, trickle) => {
  const socket = connect(port, '127.0.0.1')
  const end = closed(socket)
  socket.resume()
  socket.write(first)
  const timer = trickle ? setInterval(() => socket.write(trickle), 100) : undefined
  await end
  clearInterval(timer)
})

test('a client that does not read its answer is dropped', async () => {
  const socket = connect(port, '127.0.0.1')
  const gone = new Promise<void>((resolve) => {
    ;(served.node?.server as Server).once('connection', (ours: Socket) => ours.once('close', () => resolve()))
  })
  socket.on('error', () => undefined)
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await gone
  socket.destroy()
})

test('heads and bodies have an end, and connections a number', async () => {
  const url = `http://127.0.0.1:${port}/`
  const large = await fetch(url, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) }).catch(() => null)
  expect(large?.ok ?? false).toBe(false)
  const head = await fetch(url, { headers: { 'x-long': 'x'.repeat(40_000) } }).catch(() => null)
  expect(head?.ok ?? false).toBe(false)
  expect((served.node?.server as Server).maxConnections).toBe(1000)
})
