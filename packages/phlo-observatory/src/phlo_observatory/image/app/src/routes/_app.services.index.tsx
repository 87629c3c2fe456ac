import { useQuery } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { type ColumnDef, createColumnHelper } from '@tanstack/react-table'
import { servicesQuery } from '~/api/queries'
import type { Service } from '~/api/types'
import { LogView } from '~/components/log-view'
import { Toggle } from '~/components/toggle'
import { Page, Section } from '~/components/page'
import { Ports, ServiceLinks, ServiceName, ServiceState, stateOf } from '~/components/service-parts'
import { Answer, Empty } from '~/components/states'
import { Tag } from '~/components/status'
import { DataTable } from '~/components/table'
import { useTableUrl, useUrlFlag } from '~/components/use-url-state'
import { byUrgency, lookOf } from '~/logic/status'

export const Route = createFileRoute('/_app/services/')({ component: Services })

const column = createColumnHelper<Service>()

const COLUMNS: ColumnDef<Service, any>[] = [
  column.accessor((service) => `${service.title} ${service.name} ${service.description}`, {
    id: 'service',
    header: 'Service',
    cell: ({ row }) => (
      <div className="stack-tight">
        <ServiceName name={row.original.name} title={row.original.title} />
        <span className="muted small">{row.original.description}</span>
      </div>
    ),
  }),
  column.accessor(stateOf, {
    id: 'state',
    header: 'State',
    cell: ({ row }) => <ServiceState service={row.original} />,
    sortingFn: (one, other) => byUrgency(lookOf(stateOf(one.original)).tone, lookOf(stateOf(other.original)).tone),
  }),
  column.accessor('category', { header: 'Category', cell: ({ getValue }) => <Tag>{getValue()}</Tag> }),
  column.accessor((service) => service.hosts.join(', '), { id: 'hosts', header: 'Hosts' }),
  column.display({ id: 'ports', header: 'Ports', cell: ({ row }) => <Ports service={row.original} /> }),
  column.display({ id: 'open', header: 'Open', cell: ({ row }) => <ServiceLinks service={row.original} /> }),
]

function Services() {
  const services = useQuery(servicesQuery)
  const [showsDisabled, setShowsDisabled] = useUrlFlag('disabled')
  const [showsLogs, setShowsLogs] = useUrlFlag('logs')
  const state = useTableUrl('state')
  return (
    <Page
      title="Services"
      lead="All services of the project and their current state."
      actions={
        <>
          <Toggle isSelected={showsDisabled} onChange={setShowsDisabled}>
            Show disabled
          </Toggle>
          <Toggle isSelected={showsLogs} onChange={setShowsLogs}>
            All logs
          </Toggle>
        </>
      }
    >
      <Answer query={services}>
        {(all) => (
          <DataTable
            label="Services"
            rows={all.filter((service) => showsDisabled || service.enabled)}
            columns={COLUMNS}
            search="Search services"
            state={state}
            rowId={(service) => service.name}
            empty={
              <Empty icon="services" title="No services are running">
                Run <code>phlo up</code> in the project folder.
              </Empty>
            }
          />
        )}
      </Answer>
      {showsLogs && (
        <Section title="All logs">
          <LogView services={[]} tail={50} />
        </Section>
      )}
    </Page>
  )
}
