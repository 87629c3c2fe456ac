// @vitest-environment jsdom
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import { DataTable } from '~/components/table'
import { useTableUrl, useUrlFlag } from '~/components/use-url-state'
import { inApp } from '../support/in-app'

afterEach(() => vi.unstubAllGlobals())

const rows = [{ name: 'web' }, { name: 'api' }]

function Page() {
  const state = useTableUrl('name')
  const [isOpen, setOpen] = useUrlFlag('open')
  return (
    <>
      <DataTable
        label="T"
        rows={rows}
        columns={[{ accessorKey: 'name', header: 'Name' }]}
        search="Search"
        state={state}
      />
      <button onClick={() => setOpen(!isOpen)}>{isOpen ? 'close' : 'open'}</button>
    </>
  )
}

const names = () => screen.getAllByRole('cell').map((cell) => cell.textContent)

test('filter, order and switches are written in the address; defaults are not', async () => {
  const { search } = await inApp(<Page />)
  expect(search()).toEqual({})
  await userEvent.type(screen.getByRole('searchbox'), 'we')
  await waitFor(() => expect(names()).toEqual(['web']))
  await userEvent.click(screen.getByRole('button', { name: /Name/ }))
  await userEvent.click(screen.getByRole('button', { name: 'open' }))
  await waitFor(() => expect(search()).toEqual({ q: 'we', sort: '-name', open: 'true' }))
  await userEvent.click(screen.getByRole('button', { name: 'close' }))
  await userEvent.clear(screen.getByRole('searchbox'))
  await waitFor(() => expect(search()).toEqual({ sort: '-name' }))
})

test('an address brings the state back', async () => {
  await inApp(<Page />, {}, '/?sort=-name&open=true')
  expect(names()).toEqual(['web', 'api'])
  expect(screen.getByRole('button', { name: 'close' })).toBeTruthy()
})
