import { useQuery } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { type ColumnDef, createColumnHelper } from '@tanstack/react-table'
import { useMemo, useState } from 'react'
import { servicesQuery } from '~/api/queries'
import type { Service } from '~/api/types'
import { ActionButton } from '~/components/button'
import { LogView } from '~/components/log-view'
import { Toggle } from '~/components/toggle'
import { RestartButton, StartButton, StopButton, isStopped } from '~/components/operate'
import { Page, Section } from '~/components/page'
import { Ports, ServiceLinks, ServiceName, ServiceState, stateOf } from '~/components/service-parts'
import { Answer, Empty } from '~/components/states'
import { Tag } from '~/components/status'
import { DataTable } from '~/components/table'
import { UsageCell } from '~/components/usage'
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
  column.display({
    id: 'cpu',
    header: 'CPU',
    cell: ({ row }) => <UsageCell service={row.original.name} measure="cpu" />,
  }),
  column.display({
    id: 'memory',
    header: 'Memory',
    cell: ({ row }) => <UsageCell service={row.original.name} measure="memory" />,
  }),
  column.accessor('category', { header: 'Category', cell: ({ getValue }) => <Tag>{getValue()}</Tag> }),
  column.accessor((service) => service.hosts.join(', '), { id: 'hosts', header: 'Hosts' }),
  column.display({ id: 'ports', header: 'Ports', cell: ({ row }) => <Ports service={row.original} /> }),
  column.display({ id: 'open', header: 'Open', cell: ({ row }) => <ServiceLinks service={row.original} /> }),
]

/** A column of boxes that choose services for an action on all of them. */
function chooseColumn(chosen: ReadonlySet<string>, toggle: (name: string) => void): ColumnDef<Service, any> {
  return column.display({
    id: 'choose',
    header: 'Select',
    cell: ({ row: { original } }) => (
      <input
        type="checkbox"
        aria-label={`Select ${original.title}`}
        checked={chosen.has(original.name)}
        onChange={() => toggle(original.name)}
      />
    ),
  })
}

/** What can be done with the chosen services. */
function Bulk({ services, clear }: { services: Service[]; clear: () => void }) {
  if (services.length === 0) return null
  const stopped = services.filter(isStopped)
  const others = services.filter((one) => !isStopped(one))
  return (
    <div className="card row spread" role="group" aria-label="Selected services">
      <strong>{services.length} selected</strong>
      <span className="row">
        {stopped.length > 0 && <StartButton services={stopped} />}
        {others.length > 0 && <RestartButton services={others} />}
        {others.length > 0 && <StopButton services={others} />}
        <ActionButton look="quiet" onPress={clear}>
          Clear
        </ActionButton>
      </span>
    </div>
  )
}

function Services() {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const columns = useMemo(() => {
    const toggle = (name: string) =>
      setChosen((known) =>
        known.has(name) ? new Set([...known].filter((one) => one !== name)) : new Set([...known, name]),
      )
    return [chooseColumn(chosen, toggle), ...COLUMNS]
  }, [chosen])
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
      <Bulk services={services.data?.filter((one) => chosen.has(one.name)) ?? []} clear={() => setChosen(new Set())} />
      <Answer query={services}>
        {(all) => (
          <DataTable
            label="Services"
            rows={all.filter((service) => showsDisabled || service.enabled)}
            columns={columns}
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
