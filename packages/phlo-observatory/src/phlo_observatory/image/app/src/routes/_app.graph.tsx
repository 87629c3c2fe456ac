import { useQuery } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { useMemo } from 'react'
import { graphQuery } from '~/api/queries'
import type { Graph, GraphNode } from '~/api/types'
import { IconButton } from '~/components/button'
import { GraphView } from '~/components/graph-view'
import { Toggle } from '~/components/toggle'
import { Page } from '~/components/page'
import { ServiceName } from '~/components/service-parts'
import { Answer, Empty } from '~/components/states'
import { Status, Tag } from '~/components/status'
import { useUrlFlag, useUrlText } from '~/components/use-url-state'
import { type Need, type Shown, pictureOf } from '~/logic/graph'

export const Route = createFileRoute('/_app/graph')({ component: GraphPage })

function GraphPage() {
  const graph = useQuery(graphQuery)
  const [showsCapabilities, setShowsCapabilities] = useUrlFlag('capabilities', true)
  const [showsHosts, setShowsHosts] = useUrlFlag('hosts')
  const [chosen, setChosen] = useUrlText('node')
  return (
    <Page
      title="Graph"
      lead="Services start left to right. Select one to see its dependencies."
      actions={
        <>
          <Toggle isSelected={showsCapabilities} onChange={setShowsCapabilities}>
            Capabilities
          </Toggle>
          <Toggle isSelected={showsHosts} onChange={setShowsHosts}>
            Hosts
          </Toggle>
        </>
      }
    >
      <Answer query={graph}>
        {(all) => (
          <Picture
            graph={all}
            shows={{ capability: showsCapabilities, host: showsHosts }}
            chosen={chosen || null}
            choose={(id) => setChosen(id ?? '')}
          />
        )}
      </Answer>
    </Page>
  )
}

interface PictureProps {
  graph: Graph
  shows: Shown
  chosen: string | null
  choose: (id: string | null) => void
}

function Picture({ graph, shows, chosen, choose }: PictureProps) {
  const { nodes, edges } = useMemo(() => pictureOf(graph, shows), [graph, shows.capability, shows.host])
  const node = nodes.find((one) => one.id === chosen) ?? null
  if (nodes.length === 0) {
    return (
      <Empty icon="graph" title="No services">
        Enable a service in phlo.yaml.
      </Empty>
    )
  }
  return (
    <div className={node ? 'graph-with-detail' : undefined}>
      <GraphView nodes={nodes} edges={edges} chosen={node?.id ?? null} onChoose={choose} />
      {node && <Detail node={node} nodes={nodes} edges={edges} close={() => choose(null)} />}
      <ul className="legend small muted">
        <li>
          <span className="legend-line" /> required
        </li>
        <li>
          <span className="legend-line is-dashed" /> optional
        </li>
        <li>
          <span className="legend-pill" /> capability
        </li>
      </ul>
    </div>
  )
}

function Detail({
  node,
  nodes,
  edges,
  close,
}: {
  node: GraphNode
  nodes: GraphNode[]
  edges: Need[]
  close: () => void
}) {
  const labels = new Map(nodes.map((one) => [one.id, one.label]))
  const needs = edges.filter((edge) => edge.from === node.id)
  const neededBy = edges.filter((edge) => edge.to === node.id)
  return (
    <aside className="card graph-detail stack" aria-label={`About ${node.label}`}>
      <div className="row spread">
        <h2>{node.label}</h2>
        <IconButton icon="close" label="Close" onPress={close} />
      </div>
      <div className="row">
        <Tag>{node.kind}</Tag>
        {node.status && <Status state={node.status} />}
      </div>
      {node.kind === 'service' && (
        <p>
          <ServiceName name={node.id.replace(/^service:/, '')} title="State, logs and environment" />
        </p>
      )}
      <Ends
        title={node.kind === 'capability' ? 'Provided by' : 'Depends on'}
        ends={needs.map((edge) => [edge.to, edge.kind])}
        labels={labels}
      />
      <Ends
        title={node.kind === 'host' ? 'Runs' : 'Required by'}
        ends={neededBy.map((edge) => [edge.from, edge.kind])}
        labels={labels}
      />
    </aside>
  )
}

function Ends({ title, ends, labels }: { title: string; ends: [string, Need['kind']][]; labels: Map<string, string> }) {
  if (ends.length === 0) return null
  return (
    <div>
      <h3>{title}</h3>
      <ul className="bullets">
        {ends.map(([id, kind]) => (
          <li key={`${id} ${kind}`}>
            {labels.get(id) ?? id} {kind === 'wants' && <span className="muted small">optional</span>}
          </li>
        ))}
      </ul>
    </div>
  )
}
