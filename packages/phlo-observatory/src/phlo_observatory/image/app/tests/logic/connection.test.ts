import { expect, test } from 'vitest'
import { type Connection, afterSignal, lostHosts, outageOf } from '~/logic/connection'

const ok: Connection = { link: 'ok', answeredAt: 100 }

test('a failed request loses the connection and keeps the time of the last response', () => {
  expect(afterSignal(ok, { kind: 'failed', link: 'api' })).toEqual({ link: 'api', answeredAt: 100 })
})

test('a response restores the connection', () => {
  const lost = afterSignal(ok, { kind: 'failed', link: 'observatory' })
  expect(afterSignal(lost, { kind: 'answered', at: 200 })).toEqual({ link: 'ok', answeredAt: 200 })
})

test('a browser that is online again has no connection until a response arrives', () => {
  const offline = afterSignal(ok, { kind: 'offline' })
  expect(offline.link).toBe('offline')
  expect(afterSignal(offline, { kind: 'failed', link: 'observatory' }).link).toBe('offline')
  expect(afterSignal(offline, { kind: 'online' }).link).toBe('observatory')
})

test('each lost connection has its own message and marks the data as old', () => {
  const outages = (['offline', 'observatory', 'api'] as const).map((link) => outageOf({ link, answeredAt: 1 }, []))
  expect(new Set(outages.map((outage) => outage?.title)).size).toBe(3)
  expect(outages.every((outage) => outage?.isStale && outage.fix)).toBe(true)
  expect(outageOf(ok, [])).toBeNull()
})

test('an engine that is not reachable is named', () => {
  const service = { enabled: true, hosts: ['data-1'], status: 'unknown' }
  const hosts = lostHosts([service, service, { ...service, hosts: ['data-2'], status: 'running' }])
  expect(hosts).toEqual(['data-1'])
  expect(outageOf(ok, hosts)).toMatchObject({ title: expect.stringContaining('data-1'), isStale: false })
})
