import { Outlet, createFileRoute, redirect } from '@tanstack/react-router'
import { ApiError } from '~/api/client'
import { sessionQuery } from '~/api/queries'
import { Shell } from '~/components/shell'
import { ErrorState, Loading } from '~/components/states'

/** All pages but the login. They are drawn in the browser, from what the API says at that moment. */
export const Route = createFileRoute('/_app')({
  ssr: false,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(sessionQuery)
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error
      throw redirect({ to: '/login', search: location.href === '/' ? {} : { then: location.href } })
    }
  },
  component: () => (
    <Shell>
      <Outlet />
    </Shell>
  ),
  pendingComponent: () => (
    <div className="lone">
      <title>Observatory</title>
      <Loading label="Loading Observatory" />
    </div>
  ),
  errorComponent: ({ error, reset }) => (
    <main className="lone">
      <title>Error · Observatory</title>
      <h1 className="visually-hidden">Observatory</h1>
      <ErrorState error={error} retry={reset} />
    </main>
  ),
})
