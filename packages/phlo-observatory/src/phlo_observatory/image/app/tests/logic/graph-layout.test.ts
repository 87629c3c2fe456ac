import { expect, test } from 'vitest'
import { SIZES, edgeName, layOut, related } from '~/logic/graph-layout'

const nodes = (...ids: string[]) => ids.map((id) => ({ id }))
const edges = (...pairs: string[]) =>
  pairs.map((pair) => {
    const [from = '', to = ''] = pair.split('>')
    return { from, to }
  })

test('what is needed stands left of what needs it', () => {
  const { nodes: placed } = layOut(nodes('c', 'a', 'b'), edges('b>a', 'c>b', 'c>a'))
  const xs = ['a', 'b', 'c'].map((id) => placed.get(id)?.x)
  expect(xs).toEqual([0, SIZES.width + SIZES.columnGap, 2 * (SIZES.width + SIZES.columnGap)])
})

test('no two nodes of a column cover each other', () => {
  const many = Array.from({ length: 12 }, (_, index) => `n${index}`)
  const { nodes: placed, height } = layOut(nodes('root', ...many), edges(...many.map((id) => `${id}>root`)))
  const ys = many.map((id) => placed.get(id)?.y ?? -1).toSorted((one, other) => one - other)
  ys.slice(1).forEach((y, index) => expect(y - (ys[index] ?? 0)).toBeGreaterThanOrEqual(SIZES.height))
  expect(height).toBeGreaterThanOrEqual((ys.at(-1) ?? 0) + SIZES.height)
})

test('a line that passes a column has a lane of its own there', () => {
  const layout = layOut(nodes('a', 'b', 'c'), edges('b>a', 'c>b', 'c>a'))
  const line = layout.lines.get(edgeName({ from: 'c', to: 'a' })) ?? ''
  const lane = Number(/ ([\d.]+)H/.exec(line)?.[1])
  const top = layout.nodes.get('b')?.y ?? 0
  expect(lane).not.toBeNaN()
  expect(lane < top || lane > top + SIZES.height).toBe(true)
})

test('a circle of needs, an unknown end and a need of itself do no harm', () => {
  const layout = layOut(nodes('a', 'b'), edges('a>b', 'b>a', 'a>ghost', 'a>a'))
  expect([...layout.nodes.keys()].toSorted()).toEqual(['a', 'b'])
  expect(layout.lines.size).toBe(2)
})

test('of nothing the picture is empty', () => {
  expect(layOut([], [])).toMatchObject({ width: 0, height: 0 })
})

test('related are all that one needs and all that need it, but not their others', () => {
  const all = edges('api>db', 'page>api', 'report>db', 'db>disk')
  expect([...related('api', all)].toSorted()).toEqual(['api', 'db', 'disk', 'page'])
})
