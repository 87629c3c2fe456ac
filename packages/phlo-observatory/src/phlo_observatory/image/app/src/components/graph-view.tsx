import { type KeyboardEvent, useMemo, useState } from 'react'
import { useWidth } from './use-width'
import type { GraphNode } from '~/api/types'
import type { Need } from '~/logic/graph'
import { SIZES, type Sizes, edgeName, layOut, related } from '~/logic/graph-layout'
import { lookOf } from '~/logic/status'
import { IconButton } from './button'

const ZOOMS = [0.4, 0.5, 0.65, 0.8, 1, 1.25, 1.5]
const LARGEST = ZOOMS.indexOf(1.25)
const READABLE = ZOOMS.indexOf(0.65)
const MARGIN = 12
const PADDING = 34

/** The graph as a picture. A click or Enter selects a node; arrow keys move to the next one. */
export function GraphView({
  nodes,
  edges,
  chosen,
  onChoose,
  sizes = SIZES,
}: {
  nodes: GraphNode[]
  edges: Need[]
  chosen: string | null
  onChoose: (id: string | null) => void
  sizes?: Sizes
}) {
  const [chosenZoom, setZoom] = useState<number | null>(null)
  const [box, room] = useWidth()
  const layout = useMemo(() => layOut(nodes, edges, sizes), [nodes, edges, sizes])
  const lit = useMemo(() => (chosen ? related(chosen, edges) : null), [chosen, edges])
  const width = layout.width + 2 * MARGIN
  const height = layout.height + 2 * MARGIN
  // Until one chooses, as large as there is room for, but readable.
  const fitting = ZOOMS.findLastIndex((one) => one * width <= room - PADDING)
  const zoom = chosenZoom ?? Math.min(LARGEST, Math.max(READABLE, fitting))
  const scale = ZOOMS[zoom] ?? 1
  const walk = (event: KeyboardEvent<SVGGElement>, id: string) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      onChoose(chosen === id ? null : id)
    }
    if (event.key === 'Escape') onChoose(null)
    const next = event.key.startsWith('Arrow') ? neighbour(id, event.key, layout.nodes) : null
    if (!next) return
    event.preventDefault()
    document.getElementById(elementId(next))?.focus()
  }
  return (
    <div className="graph" ref={box}>
      <div className="graph-tools">
        <IconButton icon="minus" label="Zoom out" isDisabled={zoom === 0} onPress={() => setZoom(zoom - 1)} />
        <span className="muted small" aria-live="polite">
          {Math.round(scale * 100)} %
        </span>
        <IconButton
          icon="plus"
          label="Zoom in"
          isDisabled={zoom === ZOOMS.length - 1}
          onPress={() => setZoom(zoom + 1)}
        />
      </div>
      <div className="graph-scroll" tabIndex={0} role="group" aria-label="Graph of the platform">
        <svg width={width * scale} height={height * scale} viewBox={`${-MARGIN} ${-MARGIN} ${width} ${height}`}>
          {edges.map((edge) => {
            const path = layout.lines.get(edgeName(edge))
            if (!path) return null
            const isLit = !lit || (lit.has(edge.from) && lit.has(edge.to))
            return (
              <path
                key={`${edge.from} ${edge.to} ${edge.kind}`}
                className={`graph-line graph-line-${edge.kind}${isLit ? '' : ' is-dim'}`}
                d={path}
              />
            )
          })}
          {nodes.map((node) => {
            const at = layout.nodes.get(node.id)
            if (!at) return null
            const look = lookOf(node.status)
            const kind = node.kind === 'service' && node.status ? `, ${look.word}` : ''
            return (
              <g
                key={node.id}
                id={elementId(node.id)}
                className={`graph-node graph-node-${node.kind}${!lit || lit.has(node.id) ? '' : ' is-dim'}${chosen === node.id ? ' is-chosen' : ''}`}
                transform={`translate(${at.x} ${at.y})`}
                role="button"
                tabIndex={0}
                aria-pressed={chosen === node.id}
                aria-label={`${node.kind} ${node.label}${kind}`}
                onClick={() => onChoose(chosen === node.id ? null : node.id)}
                onKeyDown={(event) => walk(event, node.id)}
              >
                <rect
                  width={sizes.width}
                  height={sizes.height}
                  rx={node.kind === 'capability' ? sizes.height / 2 : 8}
                />
                {node.kind === 'service' && (
                  <circle className={`tone-fill-${look.tone}`} cx={18} cy={sizes.height / 2} r={5} />
                )}
                <text
                  x={node.kind === 'service' ? 32 : sizes.width / 2}
                  y={sizes.height / 2 + 4.5}
                  textAnchor={node.kind === 'service' ? 'start' : 'middle'}
                >
                  {node.label.length > 18 ? `${node.label.slice(0, 17)}…` : node.label}
                </text>
              </g>
            )
          })}
        </svg>
      </div>
    </div>
  )
}

function elementId(id: string): string {
  return `node-${id.replaceAll(/[^\w-]/g, '_')}`
}

/** The nearest node in the direction of an arrow key; null at the edge. */
export function neighbour(
  id: string,
  key: string,
  places: ReadonlyMap<string, { id: string; x: number; y: number }>,
): string | null {
  const here = places.get(id)
  if (!here) return null
  const isAcross = key === 'ArrowLeft' || key === 'ArrowRight'
  const sign = key === 'ArrowRight' || key === 'ArrowDown' ? 1 : -1
  let best: { id: string; far: number } | null = null
  for (const place of places.values()) {
    const along = (isAcross ? place.x - here.x : place.y - here.y) * sign
    const aside = Math.abs(isAcross ? place.y - here.y : place.x - here.x)
    if (along <= 0 || (!isAcross && aside > 0)) continue
    const far = along + aside * 2
    if (!best || far < best.far) best = { id: place.id, far }
  }
  return best?.id ?? null
}
