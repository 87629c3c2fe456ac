// @vitest-environment jsdom
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import type { Instance, Service } from '~/api/types'
import { ServiceState, instanceState } from '~/components/service-parts'
import { StartButton, isStopped } from '~/components/operate'
import { OPERATOR, inApp } from '../support/in-app'

afterEach(() => vi.unstubAllGlobals())

const service = (status: string, state: string, exit_code: number | null, one_shot = false) =>
  ({
    name: 'web',
    title: 'web',
    enabled: true,
    status,
    health: null,
    one_shot,
    instances: [{ state, exit_code, health: null }],
  }) as unknown as Service

test.each([
  [service('stopped', 'exited', 137), 'stopped', 'stoppedexit code 137'],
  [service('stopped', 'exited', 0), 'stopped', 'stoppedexit code 0'],
  [service('failed', 'exited', 2, true), 'failed', 'failedexit code 2'],
  [service('done', 'exited', 0, true), 'done', 'done'],
  [service('running', 'running', 0), 'running', 'running'],
])('a service and its container have the same state, with the exit code: %#', async (one, state, shown) => {
  expect(instanceState(one, one.instances[0] as Instance)).toBe(state)
  await inApp(<ServiceState service={one} />)
  expect(document.body.textContent).toBe(shown)
})

test.each([
  ['stopped', true],
  ['failed', true],
  ['running', false],
  ['unhealthy', false],
])('a service that is %s can be started: %s', (status, isOffered) => {
  expect(isStopped(service(status, 'exited', 1))).toBe(isOffered)
})

test('Start asks, and then starts this service only', async () => {
  const { sent } = await inApp(<StartButton services={[service('stopped', 'exited', 1)]} />, {
    '/session': OPERATOR,
    '/actions/up': { run: 'r1' },
    '/plan': { digest: 'd1', steps: [{ status: 'pending' }] },
  })
  await waitFor(() => expect(screen.getByRole('button', { name: 'Start' })).toHaveProperty('disabled', false))
  await userEvent.click(screen.getByRole('button', { name: 'Start' }))
  expect((await screen.findByRole('alertdialog')).textContent).toContain('the services that it depends on')
  await waitFor(() => expect(screen.getByText('The plan has 1 step.')).toBeTruthy())
  await userEvent.click(screen.getByRole('button', { name: 'Start' }))
  expect(sent.find(({ method }) => method === 'POST')?.body).toEqual({ services: ['web'], plan: 'd1' })
})
