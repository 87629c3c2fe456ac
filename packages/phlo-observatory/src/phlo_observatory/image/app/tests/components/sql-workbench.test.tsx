// @vitest-environment jsdom
import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { NoticeProvider } from '~/components/notices'
import { SqlWorkbench } from '~/components/sql-workbench'
import { useKept } from '~/components/use-kept'
import { inApp } from '../support/in-app'

beforeEach(() => sessionStorage.clear())
afterEach(() => vi.unstubAllGlobals())

function Workbench() {
  const [statement, setStatement] = useKept('sql')
  return (
    <NoticeProvider>
      <SqlWorkbench statement={statement ?? 'SELECT 1'} setStatement={setStatement} tables={[]} mayAsk />
    </NoticeProvider>
  )
}

const result = (more: object) => ({
  sql: 'SELECT 1',
  columns: [],
  rows: [],
  truncated: false,
  seconds: 0.1,
  error: null,
  ...more,
})
const results = (...statements: object[]) => ({ id: 'q', engine: 'duckdb', statements })
const ran = async (...statements: object[]) => {
  const app = await inApp(<Workbench />, { '/data/queries': results(...statements) })
  await userEvent.click(screen.getByRole('button', { name: 'Run' }))
  return app
}

test('an error keeps its lines, and has its place, under its own title', async () => {
  const message = 'Parser Error: syntax error\n\nLINE 1: SELEC 1\n        ^'
  await ran(result({ error: { kind: 'failed', message, name: 'PARSER', line: 1, column: 7 } }))
  await waitFor(() => expect(screen.getByLabelText('Message').textContent).toBe(message))
  expect(screen.getByRole('alert').textContent).toContain('Query failed')
  expect(screen.getByRole('alert').textContent).toContain('line 1, column 7')
})

test.each([
  ['timeout', 'Query timed out'],
  ['cancelled', 'Query cancelled'],
])('%s is said as such', async (kind, title) => {
  await ran(result({ error: { kind, message: 'm', name: '', line: null, column: null } }))
  await waitFor(() => expect(screen.getByRole('alert').textContent).toContain(title))
})

test('each statement has its result', async () => {
  const columns = [{ name: 'n', type: 'integer' }]
  await ran(result({ columns, rows: [[41]] }), result({ sql: 'SELECT 2', columns, rows: [[42]] }))
  await waitFor(() => expect(screen.getByRole('table', { name: 'Statement 2' })).toBeTruthy())
  expect(screen.getByRole('table', { name: 'Statement 1' })).toBeTruthy()
  expect(within(screen.getByRole('heading', { name: /Statement 2/ })).getByText(/SELECT 2/)).toBeTruthy()
})

test('a query that runs can be cancelled by the id that it was sent with', async () => {
  const { promise, resolve } = Promise.withResolvers<Response>()
  const { sent } = await inApp(<Workbench />, { '/data/queries': promise })
  await userEvent.click(screen.getByRole('button', { name: 'Run' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Cancel' }))
  const { id } = sent.find((one) => one.method === 'POST')?.body as { id: string }
  expect(sent.at(-1)).toMatchObject({ method: 'DELETE', path: `/api/v1/data/queries/${id}` })
  resolve(
    Response.json(results(result({ error: { kind: 'cancelled', message: 'm', name: '', line: null, column: null } }))),
  )
  await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('Query cancelled'))
  expect(screen.queryByRole('button', { name: 'Cancel' })).toBeNull()
})

test('a truncated result is saved with all its rows, a complete one without running it again', async () => {
  const createObjectURL = vi.fn(() => 'blob:x')
  vi.stubGlobal('URL', Object.assign(URL, { createObjectURL, revokeObjectURL: vi.fn() }))
  const columns = [{ name: 'n', type: 'integer' }]
  const { sent } = await ran(
    result({ columns, rows: [[1]] }),
    result({ sql: 'SELECT 2', columns, rows: [[2]], truncated: true }),
  )
  await userEvent.click(await screen.findByRole('button', { name: 'Save as csv' }))
  await waitFor(() => expect(createObjectURL).toHaveBeenCalledTimes(1))
  expect(sent).toHaveLength(1)
  await userEvent.click(screen.getByRole('button', { name: 'Run again and save all rows as json' }))
  await waitFor(() => expect(sent.at(-1)?.path).toBe('/api/v1/data/export'))
  expect(sent.at(-1)?.body).toEqual({ sql: 'SELECT 2', format: 'json' })
})

test('a statement is still there when one comes back to the page', async () => {
  sessionStorage.setItem('sql', 'SELECT 42')
  const { sent } = await ran(result({}))
  await waitFor(() => expect(screen.getByText('Statement succeeded.')).toBeTruthy())
  expect(sent.at(-1)?.body).toMatchObject({ sql: 'SELECT 42' })
})
