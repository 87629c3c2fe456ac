import { useQuery } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { hostsQuery } from '~/api/queries'
import type { Host } from '~/api/types'
import { Facts, Page } from '~/components/page'
import { ServiceName } from '~/components/service-parts'
import { Answer, Empty } from '~/components/states'
import { Status, Tag } from '~/components/status'
import { Usage } from '~/components/usage'
import { bytes, count } from '~/logic/format'

export const Route = createFileRoute('/_app/hosts')({ component: Hosts })

function Hosts() {
  const hosts = useQuery(hostsQuery)
  return (
    <Page title="Hosts" lead="Docker engines of the inventory and their services.">
      <Answer query={hosts}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon="hosts" title="No hosts">
              Add a host to the inventory.
            </Empty>
          ) : (
            <ul className="cards cards-wide">
              {all.map((host) => (
                <HostCard key={host.name} host={host} />
              ))}
            </ul>
          )
        }
      </Answer>
    </Page>
  )
}

function HostCard({ host }: { host: Host }) {
  return (
    <li className="card stack-loose">
      <div className="row spread">
        <h2>{host.name}</h2>
        <Status state={host.reachable ? 'reachable' : 'unreachable'} />
      </div>
      {host.problem && <p className="note tone-bad wrap">{host.problem}</p>}
      <Facts
        facts={[
          ['Address', host.address],
          ['Engine', host.engine_version ? `Docker ${host.engine_version}` : '–'],
          [
            'Machine',
            [host.platform, host.cpus && count(host.cpus, 'core'), host.memory_bytes && bytes(host.memory_bytes)]
              .filter(Boolean)
              .join(', ') || '–',
          ],
          ['Containers', host.containers_running === null ? '–' : `${host.containers_running} running (all projects)`],
          [
            'Groups',
            host.groups.length ? (
              <span key="groups" className="row">
                {host.groups.map((group) => (
                  <Tag key={group}>{group}</Tag>
                ))}
              </span>
            ) : (
              '–'
            ),
          ],
          [
            'Services',
            host.services.length ? (
              <span key="services" className="row">
                {host.services.map((name) => (
                  <ServiceName key={name} name={name} />
                ))}
              </span>
            ) : (
              'none'
            ),
          ],
        ]}
      />
      <Usage of="host" name={host.name} />
    </li>
  )
}
