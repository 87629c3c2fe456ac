/** The connection of the pages to what they show: one state for the whole app. */

/** offline: the browser has no network. observatory, api: this server, or phlo-api behind it, is not responding. */
export type Link = 'ok' | 'offline' | 'observatory' | 'api'

/** answeredAt: when the last response arrived, seconds since the epoch; null before the first. */
export interface Connection {
  link: Link
  answeredAt: number | null
}

export type Signal =
  | { kind: 'answered'; at: number }
  | { kind: 'failed'; link: 'observatory' | 'api' }
  | { kind: 'offline' }
  | { kind: 'online' }

export const UNKNOWN: Connection = { link: 'ok', answeredAt: null }

/** The state after a signal. Only a response restores the connection: an "online" event of the browser does not. */
export function afterSignal(connection: Connection, signal: Signal): Connection {
  switch (signal.kind) {
    case 'answered':
      return { link: 'ok', answeredAt: signal.at }
    case 'failed':
      return connection.link === 'offline' ? connection : withLink(connection, signal.link)
    case 'offline':
      return withLink(connection, 'offline')
    case 'online':
      return connection.link === 'offline' ? withLink(connection, 'observatory') : connection
  }
}

function withLink(connection: Connection, link: Link): Connection {
  return connection.link === link ? connection : { ...connection, link }
}

export interface Outage {
  title: string
  fix: string
  /** The page shows old data. */
  isStale: boolean
}

/** What to say about the connection; null when all is well. hosts: those whose engine is not reachable. */
export function outageOf({ link }: Connection, hosts: readonly string[]): Outage | null {
  switch (link) {
    case 'offline':
      return { title: 'The browser is offline', fix: 'Check the network of this computer.', isStale: true }
    case 'observatory':
      return { title: 'Observatory is not responding', fix: 'Check it with `phlo ps`.', isStale: true }
    case 'api':
      return {
        title: 'phlo-api is not responding',
        fix: 'Check it with `phlo ps` and `phlo logs phlo-api`.',
        isStale: true,
      }
    case 'ok':
      if (hosts.length === 0) return null
      return {
        title: `The Docker engine is not reachable: ${hosts.join(', ')}`,
        fix: 'The state of services on this host is unknown. See the Hosts page.',
        isStale: false,
      }
  }
}

/** Hosts of services whose state is unknown because no engine answered. */
export function lostHosts(services: readonly { status: string; enabled: boolean; hosts: string[] }[]): string[] {
  const lost = services.filter((service) => service.enabled && service.status === 'unknown')
  return [...new Set(lost.flatMap((service) => service.hosts))].toSorted()
}
