import { useQuery } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { type ColumnDef, createColumnHelper } from '@tanstack/react-table'
import { pluginsQuery, registryQuery } from '~/api/queries'
import type { Offering, Plugin } from '~/api/types'
import { Copyable } from '~/components/copy'
import { Page, Section } from '~/components/page'
import { SearchBox } from '~/components/search-box'
import { ServiceName } from '~/components/service-parts'
import { Answer, Empty } from '~/components/states'
import { Tag } from '~/components/status'
import { DataTable } from '~/components/table'
import { useTableUrl, useUrlText } from '~/components/use-url-state'

export const Route = createFileRoute('/_app/plugins')({ component: Plugins })

const column = createColumnHelper<Plugin>()

const COLUMNS: ColumnDef<Plugin, any>[] = [
  column.accessor('name', { header: 'Plugin', cell: ({ getValue }) => <strong>{getValue()}</strong> }),
  column.accessor((plugin) => (plugin.group === 'phlo.operations' ? 'operation' : 'service'), {
    id: 'kind',
    header: 'Kind',
    cell: ({ getValue }) => <Tag>{getValue()}</Tag>,
  }),
  column.accessor((plugin) => plugin.distribution, {
    id: 'package',
    header: 'Package',
    cell: ({ getValue }) => <code>{getValue()}</code>,
  }),
  column.accessor('version', { header: 'Version' }),
  column.accessor((plugin) => plugin.services.join(', '), {
    id: 'services',
    header: 'Services',
    cell: ({ row }) => (
      <span className="row">
        {row.original.services.map((name) => (
          <ServiceName key={name} name={name} />
        ))}
      </span>
    ),
  }),
]

function Plugins() {
  const plugins = useQuery(pluginsQuery)
  const state = useTableUrl('name')
  const registry = useQuery(registryQuery)
  return (
    <Page title="Plugins" lead="Python packages with services and operations for this project.">
      <Answer query={plugins}>
        {({ installed, problems }) => (
          <>
            {problems.length > 0 && (
              <Section title="Problems">
                <ul className="stack">
                  {problems.map((problem) => (
                    <li key={`${problem.distribution} ${problem.name}`} className="note tone-bad wrap">
                      <strong>
                        {problem.name} from {problem.distribution}
                      </strong>
                      <span>{problem.problem}</span>
                    </li>
                  ))}
                </ul>
              </Section>
            )}
            <Section title="Installed">
              <DataTable
                label="Installed plugins"
                rows={installed}
                columns={COLUMNS}
                search="Search plugins"
                state={state}
                empty={
                  <Empty icon="plugins" title="No plugins installed">
                    Install one from the registry below.
                  </Empty>
                }
              />
            </Section>
          </>
        )}
      </Answer>
      <Section title="Registry">
        <Answer query={registry}>{(all) => <Registry offerings={all} />}</Answer>
      </Section>
    </Page>
  )
}

function Registry({ offerings }: { offerings: Offering[] }) {
  const [sought, setSought] = useUrlText('registry')
  const fits = (offering: Offering) =>
    `${offering.name} ${offering.description} ${offering.provides.join(' ')}`
      .toLowerCase()
      .includes(sought.toLowerCase())
  const shown = offerings.filter(fits)
  return (
    <div className="stack">
      <SearchBox label="Search by name, description or capability" value={sought} onChange={setSought} />
      {shown.length === 0 && <Empty icon="search" title={`No matches for “${sought}”`} />}
      <ul className="cards">
        {shown.map((offering) => (
          <li key={offering.name} className="card stack">
            <div className="row spread">
              <strong className="wrap">{offering.name}</strong>
              {offering.installed ? (
                <span className="badge tone-good">installed {offering.installed}</span>
              ) : (
                <span className="muted small">{offering.status === 'planned' ? 'planned' : offering.version}</span>
              )}
            </div>
            <p className="muted small">{offering.description}</p>
            {offering.provides.length > 0 && (
              <span className="row">
                {offering.provides.map((name) => (
                  <Tag key={name}>{name}</Tag>
                ))}
              </span>
            )}
            {offering.notes && <p className="small">{offering.notes}</p>}
            {!offering.installed && offering.install_command && <Copyable text={offering.install_command} />}
          </li>
        ))}
      </ul>
    </div>
  )
}
