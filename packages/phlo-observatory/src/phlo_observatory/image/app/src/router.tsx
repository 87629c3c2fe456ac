import { QueryCache, QueryClient } from '@tanstack/react-query'
import { createRouter } from '@tanstack/react-router'
import { createIsomorphicFn } from '@tanstack/react-start'
import { getRequestHeader } from '@tanstack/react-start/server'
import { ApiError } from './api/client'
import { ErrorState, NotFound } from './components/states'
import { routeTree } from './routeTree.gen'
import { NONCE_HEADER } from './server/nonce'

const nonceOfRequest = createIsomorphicFn()
  .server(() => getRequestHeader(NONCE_HEADER))
  .client(() => undefined)

export function getRouter() {
  const queryClient = new QueryClient({
    // A session may end while its pages are open.
    queryCache: new QueryCache({
      onError: (error) => {
        if (typeof window === 'undefined' || !(error instanceof ApiError) || error.status !== 401) return
        const { pathname, href } = router.state.location
        if (pathname !== '/login') void router.navigate({ to: '/login', search: { then: href }, replace: true })
      },
    }),
    defaultOptions: {
      mutations: { networkMode: 'always' },
      queries: {
        staleTime: 2_000,
        // Without it, requests of an offline browser would wait without an error.
        networkMode: 'always',
        // A refusal stays one; only what may have been a moment's trouble is asked again.
        retry: (count, error) => count < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      },
    },
  })
  const router = createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: false,
    scrollRestoration: true,
    defaultErrorComponent: ({ error, reset }) => <ErrorState error={error} retry={reset} />,
    defaultNotFoundComponent: NotFound,
    notFoundMode: 'root',
    ssr: { nonce: nonceOfRequest() },
  })
  return router
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof getRouter>
  }
}
