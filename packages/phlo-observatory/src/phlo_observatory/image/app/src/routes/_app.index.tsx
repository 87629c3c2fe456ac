import { useQuery } from '@tanstack/react-query'
import { Link, createFileRoute } from '@tanstack/react-router'
import { projectQuery, runsQuery, servicesQuery } from '~/api/queries'
import type { Project, RunSummary, Service } from '~/api/types'
import { useOutage } from '~/components/connection-banner'
import { Fix, HealthOutput } from '~/components/diagnosis'
import { Icon } from '~/components/icons'
import { Ago } from '~/components/moments'
import { Page, Section } from '~/components/page'
import { RecentRuns } from '~/components/recent-runs'
import { ServiceLinks, ServiceName, ServiceState, stateOf } from '~/components/service-parts'
import { Answer, Empty } from '~/components/states'
import { Status } from '~/components/status'
import { count, duration } from '~/logic/format'
import { type Tone, byUrgency, lookOf } from '~/logic/status'

export const Route = createFileRoute('/_app/')({ component: Overview })

function Overview() {
  const project = useQuery(projectQuery)
  const services = useQuery(servicesQuery)
  const runs = useQuery(runsQuery)
  return (
    <Page
      title="Overview"
      lead={project.data ? `Project ${project.data.name}, phlo ${project.data.phlo_version}` : 'State of the platform.'}
    >
      <Answer query={services}>{(all) => <Health services={all} project={project.data} />}</Answer>
      {services.data && <Problems services={services.data} />}
      {project.data && project.data.warnings.length > 0 && (
        <Section title="Warnings">
          <ul className="stack">
            {project.data.warnings.map((warning) => (
              <li key={warning} className="note tone-warn wrap">
                {warning}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title="Services" aside={<Link to="/services">All services</Link>}>
        <Answer query={services}>{(all) => <Cards services={all} />}</Answer>
      </Section>
      <Section title="Recent runs" aside={<Link to="/runs">All runs</Link>}>
        <Answer query={runs}>{(all) => <RecentRuns runs={all.slice(0, 5)} />}</Answer>
      </Section>
    </Page>
  )
}

/** Services that need attention, with the reason as far as it is known. */
function Problems({ services }: { services: Service[] }) {
  const troubled = services
    .filter((service) => service.enabled && ['bad', 'warn'].includes(lookOf(stateOf(service)).tone))
    .toSorted((one, other) => byUrgency(lookOf(stateOf(one)).tone, lookOf(stateOf(other)).tone))
  if (troubled.length === 0) return null
  return (
    <Section title="Problems">
      <ul className="stack">
        {troubled.map((service) => (
          <li key={service.name} className="card stack">
            <div className="row spread">
              <ServiceName name={service.name} title={service.title} />
              <ServiceState service={service} />
            </div>
            <HealthOutput service={service} />
            <div className="row spread">
              <Link to="/services/$name" params={{ name: service.name }} search={{ tab: 'logs' } as never}>
                Logs
              </Link>
              <Fix service={service} />
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}

const SENTENCES: Record<Tone, (many: number) => string> = {
  bad: (many) => `${count(many, 'service')} unhealthy`,
  warn: (many) => `${count(many, 'service')} ${many === 1 ? 'needs' : 'need'} attention`,
  busy: (many) => `${count(many, 'service')} starting`,
  idle: (many) => `${count(many, 'service')} not running`,
  accent: (many) => count(many, 'service'),
  good: (many) => (many === 1 ? '1 service healthy' : `All ${many} services healthy`),
}

function Health({ services, project }: { services: Service[]; project: Project | undefined }) {
  const isStale = useOutage()?.isStale ?? false
  const enabled = services.filter((service) => service.enabled)
  const tones = enabled.map((service) => lookOf(stateOf(service)).tone).toSorted(byUrgency)
  const unknown = enabled.filter((service) => service.status === 'unknown').length
  const worst = isStale || unknown ? 'warn' : (tones[0] ?? 'idle')
  const many = tones.filter((tone) => tone === worst).length
  const known = enabled.length ? SENTENCES[worst](many) : 'No services are running'
  const icon = worst === 'good' ? 'check' : worst === 'busy' ? 'busy' : 'warning'
  return (
    <div className="tiles">
      <div className={`tile tile-health tone-${worst}`}>
        <Icon name={icon} className={icon === 'busy' ? 'spinning' : undefined} />
        <div>
          <strong>{isStale || unknown ? unknownText(isStale ? enabled.length : unknown) : known}</strong>
          <span>
            {enabled.length
              ? `${tones.filter((tone) => tone === 'good').length} of ${enabled.length} healthy${isStale ? ' when last seen' : ''}`
              : 'Run phlo up.'}
          </span>
        </div>
      </div>
      <div className="tile">
        <span className="muted">Last change</span>
        <strong>
          <Ago at={project?.changed_at} />
        </strong>
      </div>
      <LastRun run={project?.last_run ?? null} />
    </div>
  )
}

function unknownText(many: number): string {
  return `State of ${count(many, 'service')} unknown`
}

function LastRun({ run }: { run: RunSummary | null }) {
  return (
    <div className="tile">
      <span className="muted">Last run</span>
      {run ? (
        <strong className="row">
          <Link to="/runs/$id" params={{ id: run.id }}>
            {run.title}
          </Link>
          <Status state={run.result} />
          <span className="muted small">{duration(run.seconds)}</span>
        </strong>
      ) : (
        <strong>No runs yet</strong>
      )}
    </div>
  )
}

function Cards({ services }: { services: Service[] }) {
  const shown = services
    .filter((service) => service.enabled)
    .toSorted(
      (one, other) =>
        byUrgency(lookOf(stateOf(one)).tone, lookOf(stateOf(other)).tone) || one.name.localeCompare(other.name),
    )
  if (shown.length === 0) {
    return (
      <Empty icon="services" title="No services are running">
        Run <code>phlo up</code> in the project folder.
      </Empty>
    )
  }
  return (
    <ul className="cards">
      {shown.map((service) => (
        <li key={service.name} className="card service-card">
          <div className="row spread">
            <ServiceName name={service.name} title={service.title} />
            <ServiceState service={service} />
          </div>
          <p className="muted small">{service.description}</p>
          {service.links.length > 0 && (
            <div className="small">
              <ServiceLinks service={service} />
            </div>
          )}
        </li>
      ))}
    </ul>
  )
}
