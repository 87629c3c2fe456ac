// @vitest-environment jsdom
import { act, cleanup, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import type { Action, Service } from '~/api/types'
import { ActionCard } from '~/components/action-card'
import { OPERATOR, inApp } from '../support/in-app'

afterEach(() => vi.unstubAllGlobals())

const service = { name: 'postgres' } as Service
const action = (rest: Partial<Action>): Action => ({
  name: 'restore',
  help: 'Restore a dump',
  arguments: [
    { name: 'database', type: 'text', help: '', required: true, default: null, choices: [], positional: false },
  ],
  danger: 'destructive',
  interactive: false,
  interactive_without: null,
  ...rest,
})
const PATH = '/services/postgres/actions/restore'

async function open(one: Action, answer: unknown = { run: 'r1' }) {
  const { sent } = await inApp(<ActionCard service={service} action={one} />, { '/session': OPERATOR, [PATH]: answer })
  await waitFor(() => expect(screen.getByRole('button', { name: 'Run' })).toHaveProperty('disabled', false))
  return () => sent.filter((request) => request.method === 'POST')
}

test('a destructive action asks first, with Cancel in focus, and confirms by its name', async () => {
  const posts = await open(action({}))
  await userEvent.type(screen.getByRole('textbox'), 'lake')
  await userEvent.click(screen.getByRole('button', { name: 'Run' }))
  const dialog = await screen.findByRole('alertdialog')
  expect(dialog.textContent).toContain('overwrites or deletes data')
  expect(dialog.textContent).toContain('database: lake')
  expect(document.activeElement?.textContent).toBe('Cancel')
  expect(posts()).toEqual([])
  await userEvent.click(screen.getByRole('button', { name: 'Run' }))
  expect(posts().map((post) => post.body)).toEqual([{ arguments: { database: 'lake' }, confirm: 'postgres.restore' }])
})

test('Enter in the dialog cancels, so that a second Enter starts nothing', async () => {
  const posts = await open(action({ arguments: [] }))
  act(() => screen.getByRole('button', { name: 'Run' }).focus())
  await userEvent.keyboard('{Enter}')
  await screen.findByRole('alertdialog')
  await userEvent.keyboard('{Enter}')
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull())
  expect(posts()).toEqual([])
})

test('a refusal is explained in the dialog', async () => {
  const refused = Response.json({ title: 'Another run is in progress', where: 'local' }, { status: 423 })
  await open(action({ arguments: [], danger: 'changes' }), refused)
  await userEvent.click(screen.getByRole('button', { name: 'Run' }))
  await screen.findByRole('alertdialog')
  await userEvent.click(screen.getByRole('button', { name: 'Run' }))
  await waitFor(() => expect(screen.getByRole('alertdialog').textContent).toContain('Another run is in progress'))
})

test('a safe action starts at once, without a confirmation in its request', async () => {
  const posts = await open(action({ arguments: [], danger: 'safe' }))
  await userEvent.click(screen.getByRole('button', { name: 'Run' }))
  expect(posts().map((post) => post.body)).toEqual([{ arguments: {} }])
})

test('an interactive action is not offered: its command is', async () => {
  await inApp(<ActionCard service={service} action={action({ interactive: true })} />, { '/session': OPERATOR })
  expect(screen.queryByRole('button', { name: 'Run' })).toBeNull()
  expect(screen.getByText('phlo run postgres.restore')).toBeTruthy()
})

test('an action that needs a file of the machine is not offered, and an optional file is not asked for', async () => {
  const file = { ...action({}).arguments[0]!, name: 'from', type: 'path' as const }
  await inApp(<ActionCard service={service} action={action({ arguments: [file] })} />, { '/session': OPERATOR })
  expect(screen.queryByRole('button', { name: 'Run' })).toBeNull()
  expect(screen.getByRole('listitem').textContent).toContain('"from" is a file on the machine')
  cleanup()
  await open(action({ arguments: [{ ...file, required: false }] }))
  expect(screen.queryByRole('textbox')).toBeNull()
})

test('an argument without which an action needs a terminal is required', async () => {
  const command = { name: 'command', type: 'text', help: '', required: false, default: null, choices: [] }
  await open(
    action({
      arguments: [{ ...command, positional: false } as never],
      interactive: true,
      interactive_without: 'command',
    }),
  )
  expect(screen.getByRole('textbox')).toHaveProperty('required', true)
})
