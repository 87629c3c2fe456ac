import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider, createMemoryHistory, createRootRoute, createRouter } from '@tanstack/react-router'
import { act, render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { vi } from 'vitest'

interface Sent {
  method: string
  path: string
  body: unknown
}

/** Render inside a router and a query client. answers: path below /api/v1 -> its response, or a function of the request. */
export async function inApp(
  children: ReactNode,
  answers: Record<string, unknown> = {},
  at = '/',
): Promise<{ sent: Sent[]; search: () => unknown }> {
  const sent: Sent[] = []
  vi.stubGlobal('fetch', async (path: string, init: RequestInit = {}) => {
    const body = init.body ? JSON.parse(String(init.body)) : null
    sent.push({ method: init.method ?? 'GET', path, body })
    const answer = answers[path.replace('/api/v1', '').split('?')[0] ?? '']
    if (answer instanceof Promise) return answer
    if (answer instanceof Response) return answer.clone()
    return answer === undefined ? Response.json({ title: 'Not found' }, { status: 404 }) : Response.json(answer)
  })
  const client = new QueryClient({ defaultOptions: { queries: { networkMode: 'always', retry: false } } })
  const router = createRouter({
    routeTree: createRootRoute({ component: () => <>{children}</>, notFoundComponent: () => <>{children}</> }),
    history: createMemoryHistory({ initialEntries: [at] }),
  })
  await act(() => router.load())
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  )
  return { sent, search: () => router.state.location.search }
}

export const OPERATOR = {
  name: 'operator',
  role: 'operator',
  actions_allowed: ['up', 'restart', 'stop', 'action', 'rollback'],
}
