/** Why a service is in trouble. */
import type { Graph, Service } from '~/api/types'
import { lookOf } from './status'

/** The services that one depends on, directly, and that are in trouble themselves. */
export function troubledNeeds(service: Service, graph: Graph, services: readonly Service[]): Service[] {
  const own = `service:${service.name}`
  const needs = new Set(
    graph.edges.filter(({ kind, source }) => kind === 'depends_on' && source === own).map(({ target }) => target),
  )
  return services.filter((one) => {
    const state = one.status === 'running' && one.health && one.health !== 'none' ? one.health : one.status
    return needs.has(`service:${one.name}`) && ['bad', 'warn', 'idle'].includes(lookOf(state).tone)
  })
}
