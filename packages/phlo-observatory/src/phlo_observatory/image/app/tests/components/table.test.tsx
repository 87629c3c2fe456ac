// @vitest-environment jsdom
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { DataTable } from '~/components/table'

interface Row {
  name: string
  size: number
}
const ROWS: Row[] = [
  { name: 'trino', size: 30 },
  { name: 'postgres', size: 9 },
]
const COLUMNS = [
  { accessorKey: 'name', header: 'Name' },
  { accessorKey: 'size', header: 'Size' },
]
const names = () =>
  screen
    .getAllByRole('row')
    .slice(1)
    .map((row) => row.querySelector('td')?.textContent)

test('a click on a head sorts, and says so', async () => {
  render(<DataTable label="Services" rows={ROWS} columns={COLUMNS} />)
  await userEvent.click(screen.getByRole('button', { name: 'Name' }))
  expect(names()).toEqual(['postgres', 'trino'])
  expect(screen.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('ascending')
  await userEvent.click(screen.getByRole('button', { name: 'Name' }))
  expect(names()).toEqual(['trino', 'postgres'])
})

test('a search leaves what fits, and says when nothing does', async () => {
  render(<DataTable label="Services" rows={ROWS} columns={COLUMNS} search="Find a service" />)
  await userEvent.type(screen.getByRole('searchbox', { name: 'Find a service' }), 'POST')
  expect(names()).toEqual(['postgres'])
  await userEvent.type(screen.getByRole('searchbox'), 'x')
  expect(screen.getByText('No matches for “POSTx”.')).toBeTruthy()
})

test('without rows it says what to do', () => {
  render(<DataTable label="Services" rows={[]} columns={COLUMNS} empty={<p>Run phlo up.</p>} />)
  expect(screen.queryByRole('table')).toBeNull()
  expect(screen.getByText('Run phlo up.')).toBeTruthy()
})

test('of many rows only those in view are in the page', () => {
  const height = vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(600)
  const many = Array.from({ length: 1_000 }, (_, index) => ({ name: `row ${index}` }))
  render(<DataTable label="Many" rows={many} columns={[{ accessorKey: 'name', header: 'Name' }]} isWide />)
  const shown = screen.getAllByRole('cell').length
  expect(shown).toBeGreaterThan(5)
  expect(shown).toBeLessThan(100)
  height.mockRestore()
})
