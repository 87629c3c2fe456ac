/** Where the nodes of the graph stand: in columns, what is needed left of what needs it. */

export interface LayoutNode {
  id: string
}

export interface LayoutEdge {
  /** Needs the other, so it stands further right. */
  from: string
  to: string
}

export interface Placed {
  id: string
  x: number
  y: number
}

export interface Layout {
  nodes: Map<string, Placed>
  /** Edge -> the path of its line; an edge's name is `edgeName`. */
  lines: Map<string, string>
  width: number
  height: number
}

export interface Sizes {
  width: number
  height: number
  columnGap: number
  rowGap: number
}

export const SIZES: Sizes = { width: 168, height: 44, columnGap: 84, rowGap: 16 }
const SWEEPS = 8
/** How high a line is that passes a column. */
const LANE = 8

export function edgeName(edge: LayoutEdge): string {
  return `${edge.from}\n${edge.to}`
}

/** Columns by the longest chain of needs, rows so that few lines cross. A circle of needs is cut where it closes.
 *
 * A line that passes a column has a lane of its own there, so that it runs through no node. */
export function layOut(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[], sizes: Sizes = SIZES): Layout {
  const ids = new Set(nodes.map((node) => node.id))
  const known = edges.filter(({ from, to }) => from !== to && ids.has(from) && ids.has(to))
  const depth = depths(ids, known)
  const columns: string[][] = []
  for (const id of [...ids].toSorted()) (columns[depth.get(id) ?? 0] ??= []).push(id)
  const links: [string, string][] = []
  const ways = new Map<string, string[]>()
  for (const edge of known) {
    const way = [edge.to]
    for (let at = (depth.get(edge.to) ?? 0) + 1; at < (depth.get(edge.from) ?? 0); at += 1) {
      const lane = `${edgeName(edge)}\n${at}`
      if (!ways.has(edgeName(edge))) columns[at]?.push(lane)
      way.push(lane)
    }
    way.push(edge.from)
    ways.set(edgeName(edge), way)
    way.slice(1).forEach((id, index) => links.push([way[index] ?? id, id]))
  }
  const placed = place(ordered(columns, links), ids, sizes)
  const lines = new Map([...ways].map(([name, way]) => [name, linePath(way, ids, placed, sizes)]))
  const width = columns.length * sizes.width + Math.max(0, columns.length - 1) * sizes.columnGap
  const height = Math.max(0, ...[...placed.values()].map(({ id, y }) => y + (ids.has(id) ? sizes.height : LANE)))
  return { nodes: new Map([...placed].filter(([id]) => ids.has(id))), lines, width, height }
}

function depths(ids: Set<string>, edges: readonly LayoutEdge[]): Map<string, number> {
  const found = new Map<string, number>()
  const open = new Set<string>()
  const depth = (id: string): number => {
    const known = found.get(id)
    if (known !== undefined) return known
    open.add(id)
    const below = edges.filter((edge) => edge.from === id && !open.has(edge.to)).map((edge) => depth(edge.to))
    open.delete(id)
    const own = below.length ? Math.max(...below) + 1 : 0
    found.set(id, own)
    return own
  }
  for (const id of [...ids].toSorted()) depth(id)
  return found
}

/** The columns with their rows in an order in which linked ones stand near each other. */
function ordered(columns: string[][], links: readonly [string, string][]): string[][] {
  const before = new Map<string, string[]>()
  const after = new Map<string, string[]>()
  for (const [left, right] of links) {
    after.set(left, [...(after.get(left) ?? []), right])
    before.set(right, [...(before.get(right) ?? []), left])
  }
  let all = columns.map((column) => column ?? [])
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const neighbours = sweep % 2 === 0 ? before : after
    const rank = new Map(all.flatMap((column) => column.map((id, row) => [id, (row + 0.5) / column.length] as const)))
    const weight = (id: string): number => {
      const around = (neighbours.get(id) ?? []).map((other) => rank.get(other) ?? 0)
      return around.length ? around.reduce((sum, one) => sum + one, 0) / around.length : (rank.get(id) ?? 0)
    }
    all = all.map((column) => column.toSorted((one, other) => weight(one) - weight(other)))
  }
  return all
}

function place(columns: string[][], ids: Set<string>, sizes: Sizes): Map<string, Placed> {
  const tall = (id: string) => (ids.has(id) ? sizes.height : LANE)
  const taken = columns.map((column) => column.reduce((sum, id) => sum + tall(id) + sizes.rowGap, -sizes.rowGap))
  const height = Math.max(0, ...taken)
  const placed = new Map<string, Placed>()
  columns.forEach((column, index) => {
    let y = (height - (taken[index] ?? 0)) / 2
    for (const id of column) {
      placed.set(id, { id, x: index * (sizes.width + sizes.columnGap), y })
      y += tall(id) + sizes.rowGap
    }
  })
  return placed
}

/** A line from the right edge of what is needed, through its lanes, to the left edge of what needs it. */
function linePath(way: readonly string[], ids: Set<string>, placed: Map<string, Placed>, sizes: Sizes): string {
  const middle = (id: string) => (placed.get(id)?.y ?? 0) + (ids.has(id) ? sizes.height : LANE) / 2
  const left = (id: string) => placed.get(id)?.x ?? 0
  const [first = '', ...rest] = way
  let path = `M${left(first) + sizes.width} ${middle(first)}`
  let from = first
  for (const id of rest) {
    const [startX, endX] = [left(from) + sizes.width, left(id)]
    const bend = Math.max(28, Math.abs(endX - startX) / 2)
    path += `C${startX + bend} ${middle(from)} ${endX - bend} ${middle(id)} ${endX} ${middle(id)}`
    if (!ids.has(id)) path += `H${endX + sizes.width}`
    from = id
  }
  return path
}

/** A node with everything it needs and everything that needs it, directly or by others. */
export function related(id: string, edges: readonly LayoutEdge[]): Set<string> {
  const found = new Set([id])
  const ways = [
    ['from', 'to'],
    ['to', 'from'],
  ] as const
  for (const [start, end] of ways) {
    const queue = [id]
    const seen = new Set(queue)
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      for (const edge of edges) {
        if (edge[start] !== at || seen.has(edge[end])) continue
        seen.add(edge[end])
        found.add(edge[end])
        queue.push(edge[end])
      }
    }
  }
  return found
}
