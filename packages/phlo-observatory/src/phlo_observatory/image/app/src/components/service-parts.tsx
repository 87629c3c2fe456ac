import { Link } from '@tanstack/react-router'
import type { Instance, Service } from '~/api/types'
import { Icon } from './icons'
import { Status } from './status'

/** The addresses of a service that a browser can open. */
export function ServiceLinks({ service }: { service: Service }) {
  if (service.links.length === 0) return <span className="muted">–</span>
  return (
    <span className="row">
      {service.links.map((link) => (
        <a key={link.url} href={link.url} target="_blank" rel="noreferrer" className="link-out">
          {link.title}
          <Icon name="external" />
        </a>
      ))}
    </span>
  )
}

export function ServiceName({ name, title }: { name: string; title?: string }) {
  return (
    <Link to="/services/$name" params={{ name }} className="strong-link">
      {title ?? name}
    </Link>
  )
}

/** `3000 → 3000`, a line a port; of a service on several hosts with the host. */
export function Ports({ service }: { service: Service }) {
  const published = service.ports.filter((port) => port.host_port !== null)
  if (published.length === 0) return <span className="muted">–</span>
  return (
    <ul>
      {published.map((port) => (
        <li key={`${port.host} ${port.host_port} ${port.container_port}`} className="nowrap mono">
          {port.host_port} <span className="muted">→ {port.container_port}</span>
          {service.hosts.length > 1 && <span className="muted"> on {port.host}</span>}
        </li>
      ))}
    </ul>
  )
}

/** The state of a service, with the exit codes of containers that have stopped. */
export function ServiceState({ service }: { service: Service }) {
  const codes = exitCodes(service)
  return (
    <span className="row">
      <Status state={stateOf(service)} />
      {codes.length > 0 && <span className="muted small nowrap">exit code {codes.join(', ')}</span>}
    </span>
  )
}

/** Exit codes of containers that are not running any more; none for a one-shot that succeeded. */
export function exitCodes(service: Service): number[] {
  const stopped = service.instances.filter((one) => ['exited', 'dead'].includes(one.state) && one.exit_code !== null)
  return [...new Set(stopped.map((one) => one.exit_code ?? 0))].filter(
    (code) => code !== 0 || service.status !== 'done',
  )
}

/** The state of one container, in the words of its service: a one-shot that exited is done or failed. */
export function instanceState(service: Service, instance: Instance): string {
  if (instance.state === 'running') return instance.health && instance.health !== 'none' ? instance.health : 'running'
  if (instance.state !== 'exited') return instance.state
  return service.one_shot ? (instance.exit_code === 0 ? 'done' : 'failed') : 'stopped'
}

/** The state that counts: the health where there is one, else whether it runs. */
export function stateOf(service: Service): string {
  const { health, status } = service
  return status === 'running' && health && health !== 'none' ? health : status
}
