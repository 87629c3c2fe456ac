import { useQuery } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { graphQuery } from '~/api/queries'
import type { Graph, GraphNode } from '~/api/types'
import { IconButton } from '~/components/button'
import { GraphView } from '~/components/graph-view'
import { Toggle } from '~/components/log-view'
import { Page } from '~/components/page'
import { ServiceName } from '~/components/service-parts'
import { Answer, Empty } from '~/components/states'
import { Status, Tag } from '~/components/status'

export const Route = createFileRoute('/_app/graph')({ component: GraphPage })

function GraphPage() {
  const graph = useQuery(graphQuery)
  const [showsCapabilities, setShowsCapabilities] = useState(true)
  const [showsHosts, setShowsHosts] = useState(false)
  const [chosen, setChosen] = useState<string | null>(null)
  return (
    <Page
      title="Graph"
      lead="What stands left has to be ready before what stands right of it. Choose one to see what it needs and who needs it."
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
        {(all) => <Picture graph={all} shows={{ capability: showsCapabilities, host: showsHosts }} chosen={chosen} choose={setChosen} />}
      </Answer>
    </Page>
  )
}

interface PictureProps {
  graph: Graph
  shows: { capability: boolean; host: boolean }
  chosen: string | null
  choose: (id: string | null) => void
}

function Picture({ graph, shows, chosen, choose }: PictureProps) {
  // Only what the picture is made of: a changed state must not lay it out anew.
  const shape = JSON.stringify([graph.nodes.map((node) => node.id), graph.edges, shows])
  const { nodes, edges } = useMemo(() => visible(graph, shows), [shape, graph.nodes])
  const node = nodes.find((one) => one.id === chosen) ?? null
  if (nodes.length === 0) {
    return (
      <Empty icon="graph" title="There is nothing to draw">
        Enable a service in phlo.yaml.
      </Empty>
    )
  }
  return (
    <div className={node ? 'graph-with-detail' : undefined}>
      <GraphView nodes={nodes} edges={edges} chosen={node?.id ?? null} onChoose={choose} />
      {node && <Detail node={node} graph={graph} close={() => choose(null)} />}
      <ul className="legend small muted">
        <li>
          <span className="legend-line" /> needs
        </li>
        <li>
          <span className="legend-line is-dashed" /> uses when there
        </li>
        <li>
          <span className="legend-pill" /> capability
        </li>
      </ul>
    </div>
  )
}

/** The part of the graph that is shown. Without capabilities, who needs one needs its providers. */
export function visible(graph: Graph, shows: { capability: boolean; host: boolean }): Graph {
  const nodes = graph.nodes.filter((node) => node.kind === 'service' || shows[node.kind])
  const ids = new Set(nodes.map((node) => node.id))
  const edges = graph.edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to))
  if (!shows.capability) {
    for (const capability of graph.nodes.filter((node) => node.kind === 'capability')) {
      const providers = graph.edges.filter((edge) => edge.from === capability.id)
      const users = graph.edges.filter((edge) => edge.to === capability.id)
      for (const user of users) {
        for (const provider of providers) {
          const isKnown = edges.some((edge) => edge.from === user.from && edge.to === provider.to)
          if (!isKnown && user.from !== provider.to) edges.push({ from: user.from, to: provider.to, kind: user.kind })
        }
      }
    }
  }
  return { nodes, edges }
}

function Detail({ node, graph, close }: { node: GraphNode; graph: Graph; close: () => void }) {
  const titles = new Map(graph.nodes.map((one) => [one.id, one]))
  const needs = graph.edges.filter((edge) => edge.from === node.id)
  const neededBy = graph.edges.filter((edge) => edge.to === node.id)
  return (
    <aside className="card graph-detail stack" aria-label={`About ${node.title}`}>
      <div className="row spread">
        <h2>{node.title}</h2>
        <IconButton icon="close" label="Close" onPress={close} />
      </div>
      <div className="row">
        <Tag>{node.kind}</Tag>
        {node.status && <Status state={node.status} />}
      </div>
      {node.kind === 'service' && (
        <p>
          <ServiceName name={serviceOf(node)} title="State, logs and environment" />
        </p>
      )}
      <Ends title={node.kind === 'capability' ? 'Provided by' : 'Needs'} ids={needs.map((edge) => [edge.to, edge.kind])} titles={titles} />
      <Ends title={node.kind === 'host' ? 'Runs' : 'Needed by'} ids={neededBy.map((edge) => [edge.from, edge.kind])} titles={titles} />
    </aside>
  )
}

function serviceOf(node: GraphNode): string {
  return node.id.replace(/^service:/, '')
}

function Ends({ title, ids, titles }: { title: string; ids: [string, string][]; titles: Map<string, GraphNode> }) {
  if (ids.length === 0) return null
  return (
    <div>
      <h3>{title}</h3>
      <ul className="bullets">
        {ids.map(([id, kind]) => (
          <li key={`${id} ${kind}`}>
            {titles.get(id)?.title ?? id} <span className="muted small">{kind.replaceAll('_', ' ')}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
