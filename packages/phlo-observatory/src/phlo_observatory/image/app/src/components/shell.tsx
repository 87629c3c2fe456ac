import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useRouterState } from '@tanstack/react-router'
import { type ReactNode, Suspense, lazy, useEffect, useRef, useState } from 'react'
import { signOut } from '~/api/client'
import { planQuery, projectQuery, servicesQuery, sessionQuery } from '~/api/queries'
import { PAGES } from '~/logic/pages'
import { isChanging } from '~/logic/plan'
import { lookOf } from '~/logic/status'
import { ActionButton, IconButton } from './button'
import { ConnectionBanner, useOutage } from './connection-banner'
import { Icon, Logo } from './icons'
import { useNotices } from './notices'
import { stateOf } from './service-parts'
import { useChanges } from './use-changes'

// Not needed to show a page: loaded when opened first.
const Palette = lazy(() => import('./palette'))
const Drawer = lazy(() => import('./drawer'))
const PLAN_DELAY = 3_000

/** The frame around every page. */
export function Shell({ children }: { children: ReactNode }) {
  const [isPaletteOpen, setPaletteOpen] = useState(false)
  const [isDrawerOpen, setDrawerOpen] = useState(false)
  const path = useRouterState({ select: (state) => state.location.pathname })
  useEffect(() => setDrawerOpen(false), [path])
  const main = useFocusAfterNavigation(path)
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      setPaletteOpen((open) => !open)
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
  const openPalette = () => setPaletteOpen(true)
  useChanges()
  const isStale = useOutage()?.isStale ?? false
  return (
    <div className="frame" data-stale={isStale || undefined}>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <aside className="sidebar" aria-label="Observatory">
        <SidebarContent openPalette={openPalette} />
      </aside>
      <header className="topbar">
        <Brand />
        <IconButton icon="search" label="Search" onPress={openPalette} />
        <IconButton icon="menu" label="Menu" onPress={() => setDrawerOpen(true)} />
      </header>
      <main className="main" id="main" tabIndex={-1} ref={main}>
        <ConnectionBanner />
        {children}
      </main>
      <Suspense>
        {isDrawerOpen && (
          <Drawer isOpen onOpenChange={setDrawerOpen}>
            <SidebarContent openPalette={openPalette} />
          </Drawer>
        )}
        {isPaletteOpen && <Palette isOpen onOpenChange={setPaletteOpen} />}
      </Suspense>
    </div>
  )
}

/** The part of the page that gets the focus when another page opens: the link that was followed is often gone. */
function useFocusAfterNavigation(path: string) {
  const main = useRef<HTMLElement>(null)
  const shown = useRef(path)
  useEffect(() => {
    if (shown.current === path) return
    shown.current = path
    // After dialogs that close at the same time have given the focus back.
    const timer = setTimeout(() => main.current?.focus({ preventScroll: true }), 100)
    return () => clearTimeout(timer)
  }, [path])
  return main
}

function Brand() {
  const { data: project } = useQuery(projectQuery)
  return (
    <Link to="/" className="brand">
      <Logo />
      <span className="brand-text">
        <strong>Observatory</strong>
        <span>{project?.name ?? '…'}</span>
      </span>
    </Link>
  )
}

function SidebarContent({ openPalette }: { openPalette: () => void }) {
  const { data: services } = useQuery(servicesQuery)
  const troubled = services?.filter((one) => one.enabled && ['bad', 'warn'].includes(lookOf(stateOf(one)).tone)).length
  const pending = usePending()
  return (
    <>
      <Brand />
      <ActionButton look="plain" icon="search" onPress={openPalette}>
        <span className="find-label">Search…</span>
        <kbd>Ctrl K</kbd>
      </ActionButton>
      <nav className="nav" aria-label="Pages">
        {PAGES.map((page) => (
          <Link
            key={page.to}
            to={page.to}
            activeOptions={{ exact: page.to === '/' }}
            activeProps={{ 'aria-current': 'page' }}
          >
            <Icon name={page.icon} />
            {page.title}
            {page.to === '/services' && <Count many={troubled} meaning="need attention" />}
            {page.to === '/plan' && <Count many={pending} meaning="pending changes" />}
          </Link>
        ))}
      </nav>
      <Who />
    </>
  )
}

function Count({ many, meaning }: { many: number | undefined; meaning: string }) {
  if (!many) return null
  return (
    <span className="count" title={`${many} ${meaning}`}>
      {many}
      <span className="visually-hidden"> {meaning}</span>
    </span>
  )
}

/** How many steps of the plan would change something, as of the last time that a plan was made. */
function usePending(): number | undefined {
  const [isReady, setReady] = useState(false)
  // The page itself is loaded first: a plan reads the state of every host.
  useEffect(() => {
    const timer = setTimeout(() => setReady(true), PLAN_DELAY)
    return () => clearTimeout(timer)
  }, [])
  const { data } = useQuery({ ...planQuery, enabled: isReady, retry: false })
  return data?.steps.filter(isChanging).length
}

function Who() {
  const { data: session } = useQuery(sessionQuery)
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const notices = useNotices()
  const leave = async () => {
    try {
      await signOut()
      queryClient.clear()
      await navigate({ to: '/login' })
    } catch (error) {
      notices.fail(error)
    }
  }
  return (
    <div className="sidebar-foot">
      <div className="who">
        <span className="who-name">
          <strong>{session?.name ?? '…'}</strong>
          <span className="muted small">{session?.role}</span>
        </span>
        <IconButton icon="signout" label="Sign out" onPress={leave} />
      </div>
    </div>
  )
}
