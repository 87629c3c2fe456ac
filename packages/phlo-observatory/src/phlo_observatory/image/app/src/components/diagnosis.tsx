import { useQuery } from '@tanstack/react-query'
import { graphQuery, lastLinesQuery, servicesQuery } from '~/api/queries'
import type { Service } from '~/api/types'
import { troubledNeeds } from '~/logic/diagnosis'
import { lookOf } from '~/logic/status'
import { RestartButton, StartButton, isStopped } from './operate'
import { Section } from './page'
import { ServiceName, ServiceState, exitCodes, stateOf } from './service-parts'

/** Why a service is not healthy, as far as it is known, and what to do about it. Nothing for one that is. */
export function Diagnosis({ service }: { service: Service }) {
  if (!service.enabled || !['bad', 'warn'].includes(lookOf(stateOf(service)).tone)) return null
  return (
    <Section title="Why it needs attention">
      <Findings service={service} />
    </Section>
  )
}

function Findings({ service }: { service: Service }) {
  const { data: graph } = useQuery(graphQuery)
  const { data: services } = useQuery(servicesQuery)
  const { data: log } = useQuery(lastLinesQuery(service.name))
  const needs = graph && services ? troubledNeeds(service, graph, services) : []
  const codes = exitCodes(service)
  return (
    <div className="card stack">
      {needs.length > 0 && (
        <p className="row">
          Depends on
          {needs.map((one) => (
            <span key={one.name} className="row">
              <ServiceName name={one.name} title={one.title} />
              <ServiceState service={one} />
            </span>
          ))}
        </p>
      )}
      {codes.length > 0 && <p>The container ended with exit code {codes.join(', ')}.</p>}
      <HealthOutput service={service} />
      {log && log.lines.length > 0 && (
        <>
          <p className="muted small">Last lines of the log</p>
          <pre className="output" tabIndex={0} aria-label="Last lines of the log">
            {log.lines.map((line) => line.text).join('\n')}
          </pre>
        </>
      )}
      <Fix service={service} />
    </div>
  )
}

/** The action that most often helps. */
export function Fix({ service }: { service: Service }) {
  return (
    <div className="row">
      {isStopped(service) ? <StartButton services={[service]} /> : <RestartButton services={[service]} />}
    </div>
  )
}

export function HealthOutput({ service }: { service: Service }) {
  const outputs = service.instances
    .map((one) => (one.health === 'unhealthy' ? one.health_output : null))
    .filter(Boolean)
  if (outputs.length === 0) return null
  return (
    <pre className="output" tabIndex={0} aria-label="Output of the health check">
      {outputs.join('\n')}
    </pre>
  )
}
