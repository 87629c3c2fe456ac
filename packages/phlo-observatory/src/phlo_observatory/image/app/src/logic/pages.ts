import type { IconName } from '~/components/icons'

/** The pages, in the order of the side bar. */
export const PAGES = [
  { to: '/', title: 'Overview', icon: 'overview', words: 'home health' },
  { to: '/services', title: 'Services', icon: 'services', words: 'containers logs ports' },
  { to: '/graph', title: 'Graph', icon: 'graph', words: 'dependencies capabilities' },
  { to: '/runs', title: 'Runs', icon: 'runs', words: 'history timeline deploys' },
  { to: '/plan', title: 'Plan', icon: 'plan', words: 'changes apply diff' },
  { to: '/plugins', title: 'Plugins', icon: 'plugins', words: 'packages registry install' },
  { to: '/hosts', title: 'Hosts', icon: 'hosts', words: 'machines engines inventory' },
  { to: '/data', title: 'Data', icon: 'data', words: 'sql query tables iceberg snapshots branches' },
  { to: '/audit', title: 'Audit', icon: 'key', words: 'log who requests security' },
  { to: '/settings', title: 'Settings', icon: 'settings', words: 'tokens theme dark light' },
] as const satisfies readonly { to: string; title: string; icon: IconName; words: string }[]
