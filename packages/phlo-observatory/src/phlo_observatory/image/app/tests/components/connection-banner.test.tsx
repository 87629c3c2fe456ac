// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, render, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { get } from '~/api/client'
import { ConnectionBanner } from '~/components/connection-banner'
import { Page } from '~/components/page'
import { API_UNREACHABLE } from '~/logic/problem'

afterEach(() => vi.unstubAllGlobals())

const unreachable = () => Response.json({ type: API_UNREACHABLE, title: 'phlo-api is not responding' }, { status: 502 })

function open() {
  document.head.innerHTML = '<link rel="icon" href="/icon.svg">'
  const client = new QueryClient({ defaultOptions: { queries: { networkMode: 'always', retry: false } } })
  return render(
    <QueryClientProvider client={client}>
      <ConnectionBanner />
      <Page title="Overview">content</Page>
    </QueryClientProvider>,
  )
}

test('a lost API is shown in the banner, the title and the icon, until it responds again', async () => {
  let answer = () => Response.json([])
  vi.stubGlobal('fetch', async () => answer())
  open()
  await waitFor(() => expect(document.title).toBe('Overview · Observatory'))
  expect(screen.getByRole('alert').textContent).toBe('')
  answer = unreachable
  await act(() => get('/services').catch(() => undefined))
  expect(screen.getByRole('alert').textContent).toMatch(/phlo-api is not responding\. This page shows data as of .*\d/)
  expect(document.title).toBe('⚠ Overview · Observatory')
  expect(document.querySelector('link')?.href).toContain('/icon-disconnected.svg')
  answer = () => Response.json([])
  screen.getByRole('button', { name: 'Retry' }).click()
  await waitFor(() => expect(document.title).toBe('Overview · Observatory'))
  expect(document.querySelector('link')?.href).toContain('/icon.svg')
})

test('a problem that phlo-api reports itself is no lost connection', async () => {
  vi.stubGlobal('fetch', async () => Response.json({ title: 'SeaweedFS is not responding' }, { status: 502 }))
  open()
  await act(() => get('/data/tables').catch(() => undefined))
  expect(screen.getByRole('alert').textContent).toBe('')
})

test('an offline browser is shown at once', async () => {
  vi.stubGlobal('fetch', async () => Response.json([]))
  open()
  await waitFor(() => expect(document.title).toBe('Overview · Observatory'))
  act(() => void window.dispatchEvent(new Event('offline')))
  expect(screen.getByRole('alert').textContent).toContain('The browser is offline')
})
