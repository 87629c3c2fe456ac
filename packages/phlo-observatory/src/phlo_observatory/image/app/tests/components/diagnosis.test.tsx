// @vitest-environment jsdom
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import type { Service } from '~/api/types'
import { Diagnosis } from '~/components/diagnosis'
import { RestartButton, StopButton } from '~/components/operate'
import { OPERATOR, inApp } from '../support/in-app'

afterEach(() => vi.unstubAllGlobals())

const service = (name: string, status: string, health: string | null = null) =>
  ({
    name,
    title: name,
    enabled: true,
    status,
    health,
    one_shot: false,
    instances: [{ state: 'running', exit_code: null, health, health_output: 'the disk is full' }],
  }) as unknown as Service

const ANSWERS = {
  '/session': OPERATOR,
  '/services': [service('db', 'stopped'), service('cache', 'running'), service('other', 'stopped')],
  '/graph': {
    nodes: [],
    edges: ['db', 'cache'].map((target) => ({
      source: 'service:web',
      target: `service:${target}`,
      kind: 'depends_on',
    })),
  },
  '/logs/page': { before: null, lines: [{ text: 'no space left on device' }] },
}

test('an unhealthy service shows its health check, its last lines, its troubled dependencies, and a fix', async () => {
  await inApp(<Diagnosis service={service('web', 'unhealthy', 'unhealthy')} />, ANSWERS)
  await waitFor(() => expect(screen.getByLabelText('Last lines of the log').textContent).toContain('no space left'))
  expect(screen.getByLabelText('Output of the health check').textContent).toBe('the disk is full')
  expect(await screen.findByRole('link', { name: 'db' })).toBeTruthy()
  for (const name of ['cache', 'other']) expect(screen.queryByRole('link', { name })).toBeNull()
  expect(screen.getByRole('button', { name: 'Restart' })).toBeTruthy()
})

test('a healthy service needs none', async () => {
  const { sent } = await inApp(<Diagnosis service={service('web', 'running', 'healthy')} />, ANSWERS)
  expect(screen.queryByText('Why')).toBeNull()
  expect(sent).toEqual([])
})

test.each([
  ['Restart', RestartButton, '/api/v1/actions/restart'],
  ['Stop', StopButton, '/api/v1/actions/stop'],
])('%s of several services asks, and is one request', async (verb, Button, path) => {
  const { sent } = await inApp(<Button services={[service('a', 'running'), service('b', 'running')]} />, {
    ...ANSWERS,
    [path.replace('/api/v1', '')]: { run: 'r1' },
  })
  await waitFor(() => expect(screen.getByRole('button', { name: verb }).hasAttribute('disabled')).toBe(false))
  await userEvent.click(screen.getByRole('button', { name: verb }))
  expect((await screen.findByRole('alertdialog')).textContent).toContain(`${verb} 2 services?`)
  await userEvent.click(screen.getAllByRole('button', { name: verb }).at(-1)!)
  await waitFor(() => expect(sent.find((one) => one.path === path)?.body).toEqual({ services: ['a', 'b'] }))
})
