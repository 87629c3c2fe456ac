import { useQuery } from '@tanstack/react-query'
import { Link, createFileRoute } from '@tanstack/react-router'
import { type ColumnDef, createColumnHelper } from '@tanstack/react-table'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { environmentQuery, serviceQuery } from '~/api/queries'
import type { Service, Variable } from '~/api/types'
import { ActionCard } from '~/components/action-card'
import { Copyable } from '~/components/copy'
import { Diagnosis } from '~/components/diagnosis'
import { LogView } from '~/components/log-view'
import { Ago } from '~/components/moments'
import { RestartButton, StartButton, StopButton, isStopped } from '~/components/operate'
import { Facts, Page, Section } from '~/components/page'
import { Ports, ServiceLinks, ServiceState, instanceState } from '~/components/service-parts'
import { SourceText } from '~/components/source-text'
import { Answer, Empty } from '~/components/states'
import { Status, Tag } from '~/components/status'
import { DataTable } from '~/components/table'
import { Usage } from '~/components/usage'
import { useMay } from '~/components/use-action'
import { useTableUrl, useUrlText } from '~/components/use-url-state'
import { resourceText } from '~/logic/format'

export const Route = createFileRoute('/_app/services/$name')({ component: ServicePage })

function ServicePage() {
  const { name } = Route.useParams()
  const service = useQuery(serviceQuery(name))
  const [tab, setTab] = useUrlText('tab', 'state')
  return (
    <Page
      title={service.data?.title ?? name}
      lead={service.data?.description}
      above={<Link to="/services">Services</Link>}
      actions={
        service.data &&
        (isStopped(service.data) ? (
          <StartButton services={[service.data]} />
        ) : (
          <>
            <RestartButton services={[service.data]} />
            <StopButton services={[service.data]} />
          </>
        ))
      }
    >
      <Answer query={service}>
        {(found) => (
          <Tabs className="tabs" selectedKey={tab} onSelectionChange={(key) => setTab(String(key))}>
            <TabList aria-label={`About ${found.title}`} className="tab-list">
              <Tab id="state">State</Tab>
              <Tab id="logs">Logs</Tab>
              <Tab id="environment">Environment</Tab>
              <Tab id="actions">Actions</Tab>
            </TabList>
            <TabPanel id="state" className="tab-panel">
              <State service={found} />
            </TabPanel>
            <TabPanel id="logs" className="tab-panel">
              <LogView services={[found.name]} />
            </TabPanel>
            <TabPanel id="environment" className="tab-panel">
              <Environment name={found.name} />
            </TabPanel>
            <TabPanel id="actions" className="tab-panel">
              <Actions service={found} />
            </TabPanel>
          </Tabs>
        )}
      </Answer>
    </Page>
  )
}

function State({ service }: { service: Service }) {
  return (
    <div className="stack-loose">
      <Diagnosis service={service} />
      <Facts
        facts={[
          ['State', <ServiceState key="state" service={service} />],
          ['Open', <ServiceLinks key="open" service={service} />],
          ['Ports', <Ports key="ports" service={service} />],
          ['Image', service.image ? <Copyable key="image" text={service.image} /> : '–'],
          ['Version', service.version ?? '–'],
          ['Package', service.package ?? 'this project'],
          ...Object.entries(service.resources)
            .filter(([, value]) => value !== null)
            .map(
              ([key, value]) =>
                [key === 'memory_limit' ? 'Memory limit' : key.replaceAll('_', ' '), resourceText(key, value)] as const,
            ),
          ['Provides', <Tags key="provides" names={service.provides} />],
          ['Requires', <Tags key="requires" names={service.requires} />],
          ['Wants', <Tags key="wants" names={service.wants} />],
        ]}
      />
      {service.instances.length > 0 && (
        <Section title="Usage" aside="the last hour">
          <Usage of="service" name={service.name} />
        </Section>
      )}
      <Section title="Containers">
        {service.instances.length === 0 ? (
          <Empty icon="services" title="No container">
            {service.enabled ? '' : `Not part of the project: ${service.reason}. `}Run <code>phlo up</code>.
          </Empty>
        ) : (
          <ul className="stack">
            {service.instances.map((instance) => (
              <li key={`${instance.host} ${instance.container}`} className="card stack">
                <div className="row spread">
                  <Copyable text={instance.container} />
                  <span className="row">
                    {instance.state === 'exited' && (
                      <span className="muted small">exit code {instance.exit_code ?? '–'}</span>
                    )}
                    <Status state={instanceState(service, instance)} />
                  </span>
                </div>
                <div className="muted small wrap">
                  on {instance.host}, started <Ago at={instance.started_at} />, {instance.image}
                </div>
                {instance.health_output && instance.health !== 'healthy' && (
                  <pre className="output" tabIndex={0} aria-label="Output of the health check">
                    {instance.health_output}
                  </pre>
                )}
              </li>
            ))}
          </ul>
        )}
      </Section>
    </div>
  )
}

function Tags({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <span className="muted">–</span>
  return (
    <span className="row">
      {names.map((name) => (
        <Tag key={name}>{name}</Tag>
      ))}
    </span>
  )
}

const variable = createColumnHelper<Variable>()

const VARIABLES: ColumnDef<Variable, any>[] = [
  variable.accessor('name', { header: 'Name', cell: ({ getValue }) => <code className="wrap">{getValue()}</code> }),
  variable.accessor((one) => (one.secret ? '' : (one.value ?? '')), {
    id: 'value',
    header: 'Value',
    cell: ({ row }) =>
      row.original.secret ? <span className="muted">secret</span> : <code className="wrap">{row.original.value}</code>,
  }),
  variable.accessor((one) => JSON.stringify(one.source), {
    id: 'source',
    header: 'Source',
    cell: ({ row }) => <SourceText source={row.original.source} />,
  }),
]

function Environment({ name }: { name: string }) {
  const environment = useQuery(environmentQuery(name))
  const state = useTableUrl('name')
  return (
    <Answer query={environment}>
      {(all) => (
        <DataTable
          label="Environment"
          rows={all}
          columns={VARIABLES}
          search="Search variables"
          state={state}
          rowId={(one) => one.name}
          empty={
            <Empty icon="key" title="No variables">
              Add variables under <code>services.{name}.environment</code> in phlo.yaml.
            </Empty>
          }
        />
      )}
    </Answer>
  )
}

function Actions({ service }: { service: Service }) {
  const { why } = useMay('action')
  if (service.actions.length === 0) {
    return (
      <Empty icon="play" title="No actions">
        Actions are the files in the tasks folder of a role.
      </Empty>
    )
  }
  return (
    <div className="stack">
      {why && <p className="note tone-idle">{why}</p>}
      <ul className="stack">
        {service.actions.map((action) => (
          <ActionCard key={action.name} service={service} action={action} />
        ))}
      </ul>
    </div>
  )
}
