// @vitest-environment jsdom
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import { ApiError } from '~/api/client'
import { SqlWorkbench, queryError } from '~/components/sql-workbench'
import { useKept } from '~/components/use-kept'
import { inApp } from '../support/in-app'

afterEach(() => {
  vi.unstubAllGlobals()
  sessionStorage.clear()
})

function Workbench() {
  const [statement, setStatement] = useKept('sql')
  return <SqlWorkbench statement={statement ?? 'SELECT 1'} setStatement={setStatement} tables={[]} mayAsk />
}

test('an error of the parser keeps its lines, under its own title', async () => {
  const detail = 'Parser Error: syntax error\n\nLINE 1: SELEC 1\n        ^'
  await inApp(<Workbench />, { '/data/query': Response.json({ title: 'Request failed', detail }, { status: 400 }) })
  await userEvent.click(screen.getByRole('button', { name: 'Run' }))
  await waitFor(() => expect(screen.getByLabelText('Message').textContent).toBe(detail))
  expect(screen.getByRole('alert').textContent).toContain('Query failed')
})

test('a time-out is called one', () => {
  const error = queryError(
    new ApiError(400, 'Request failed', 'the query took longer than 120 s and was cancelled', ''),
  )
  expect((error as Error).message).toBe('Query timed out')
})

test('a statement is still there when one comes back to the page', async () => {
  sessionStorage.setItem('sql', 'SELECT 42')
  const { sent } = await inApp(<Workbench />, {
    '/data/query': { engine: 'duckdb', columns: [], rows: [], truncated: false, seconds: 0.1 },
  })
  await userEvent.click(screen.getByRole('button', { name: 'Run' }))
  await waitFor(() => expect(screen.getByText('Statement succeeded.')).toBeTruthy())
  expect(sent.at(-1)?.body).toMatchObject({ sql: 'SELECT 42' })
})
