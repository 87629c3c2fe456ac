import { QueryClientProvider, type QueryClient } from '@tanstack/react-query'
import { HeadContent, Outlet, Scripts, createRootRouteWithContext } from '@tanstack/react-router'
import { createIsomorphicFn } from '@tanstack/react-start'
import { getCookie } from '@tanstack/react-start/server'
import type { ReactNode } from 'react'
import { NoticeProvider } from '~/components/notices'
import { THEME_COOKIE, themeOf } from '~/logic/theme'
import '~/styles/tokens.css'
import '~/styles/base.css'
import '~/styles/layout.css'
import '~/styles/components.css'
import '~/styles/pages.css'

const chosenTheme = createIsomorphicFn()
  .server(() => themeOf(getCookie(THEME_COOKIE)))
  .client(() => themeOf(document.documentElement.dataset.theme))

export const Route = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  head: () => ({
    meta: [
      { charSet: 'utf-8' },
      { name: 'viewport', content: 'width=device-width, initial-scale=1' },
      { name: 'color-scheme', content: 'light dark' },
    ],
    links: [{ rel: 'icon', type: 'image/svg+xml', href: '/icon.svg' }],
  }),
  shellComponent: Document,
  component: Root,
})

function Document({ children }: { children: ReactNode }) {
  const theme = chosenTheme()
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme} suppressHydrationWarning>
      <head>
        <HeadContent />
      </head>
      <body>
        {children}
        <Scripts />
      </body>
    </html>
  )
}

function Root() {
  const { queryClient } = Route.useRouteContext()
  return (
    <QueryClientProvider client={queryClient}>
      <NoticeProvider>
        <Outlet />
      </NoticeProvider>
    </QueryClientProvider>
  )
}
