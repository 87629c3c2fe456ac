/** The part of the platform's graph that a picture shows. */
import type { Graph, GraphNode } from '~/api/types'

/** `from` needs `to`: it stands further right. */
export interface Need {
  from: string
  to: string
  kind: 'needs' | 'wants' | 'provides' | 'on'
}

export interface Picture {
  nodes: GraphNode[]
  edges: Need[]
}

export interface Shown {
  capability: boolean
  host: boolean
}

/** Where capabilities are shown, what is needed through one is not shown as a need of its provider as well. */
export function pictureOf(graph: Graph, shown: Shown): Picture {
  const nodes = graph.nodes.filter((node) => node.kind === 'service' || shown[node.kind])
  const ids = new Set(nodes.map((node) => node.id))
  const edges: Need[] = []
  const waits: Need[] = []
  for (const { source, target, kind } of graph.edges) {
    if (!ids.has(source) || !ids.has(target)) continue
    if (kind === 'provides') edges.push({ from: target, to: source, kind })
    else if (kind === 'depends_on') waits.push({ from: source, to: target, kind: 'needs' })
    else
      edges.push({
        from: source,
        to: target,
        kind: kind === 'wants' ? 'wants' : kind === 'runs_on' ? 'on' : 'needs',
      })
  }
  const isThroughCapability = (wait: Need) =>
    edges.some(
      (one) =>
        one.from === wait.from &&
        edges.some((other) => other.kind === 'provides' && other.from === one.to && other.to === wait.to),
    )
  // Only capabilities that join two services: others say little beside them.
  const used = new Set(edges.filter((edge) => edge.kind !== 'provides').map((edge) => edge.to))
  const provided = new Set(edges.filter((edge) => edge.kind === 'provides').map((edge) => edge.from))
  const isIdle = (id: string) => id.startsWith('capability:') && !(used.has(id) && provided.has(id))
  return {
    nodes: nodes.filter((node) => !isIdle(node.id)),
    edges: [
      ...edges.filter((edge) => !isIdle(edge.from) && !isIdle(edge.to)),
      ...waits.filter((wait) => !isThroughCapability(wait)),
    ],
  }
}
