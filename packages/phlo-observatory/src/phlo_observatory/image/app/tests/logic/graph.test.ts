import { expect, test } from 'vitest'
import type { Graph } from '~/api/types'
import { pictureOf } from '~/logic/graph'

const node = (id: string) => ({ id, kind: id.split(':')[0] as 'service', label: id, status: null, category: null })
const GRAPH: Graph = {
  nodes: [
    'service:db',
    'service:web',
    'service:job',
    'capability:sql',
    'capability:metrics',
    'capability:s3',
    'host:local',
  ].map(node),
  edges: [
    { source: 'service:db', target: 'capability:sql', kind: 'provides', label: '' },
    { source: 'service:db', target: 'capability:metrics', kind: 'provides', label: '' },
    { source: 'service:web', target: 'capability:sql', kind: 'requires', label: '' },
    { source: 'service:web', target: 'capability:s3', kind: 'wants', label: '' },
    { source: 'service:web', target: 'service:db', kind: 'depends_on', label: '' },
    { source: 'service:job', target: 'service:db', kind: 'depends_on', label: '' },
    { source: 'service:web', target: 'host:local', kind: 'runs_on', label: '' },
  ],
}
const told = (shown: { capability: boolean; host: boolean }) =>
  pictureOf(GRAPH, shown)
    .edges.map(({ from, to, kind }) => `${from} ${kind} ${to}`)
    .toSorted()

test('with capabilities, what is needed through one is drawn once', () => {
  expect(told({ capability: true, host: false })).toEqual([
    'capability:sql provides service:db',
    'service:job needs service:db',
    'service:web needs capability:sql',
  ])
})

test('without capabilities services need each other', () => {
  expect(told({ capability: false, host: false })).toEqual([
    'service:job needs service:db',
    'service:web needs service:db',
  ])
})

test('a capability that nobody uses, or nobody provides, is left out', () => {
  const ids = pictureOf(GRAPH, { capability: true, host: false }).nodes.map(({ id }) => id)
  expect(ids).toContain('capability:sql')
  expect(ids).not.toContain('capability:metrics')
  expect(ids).not.toContain('capability:s3')
})

test('hosts are there when they are wanted', () => {
  expect(told({ capability: false, host: true })).toContain('service:web on host:local')
})
