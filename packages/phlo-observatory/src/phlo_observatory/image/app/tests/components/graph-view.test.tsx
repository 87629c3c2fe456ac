// @vitest-environment jsdom
import { fireEvent, render, screen } from '@testing-library/react'
import { beforeAll, expect, test, vi } from 'vitest'
import type { GraphNode } from '~/api/types'
import { GraphView, neighbour } from '~/components/graph-view'
import type { Need } from '~/logic/graph'

const NODES: GraphNode[] = [
  { id: 'service:db', kind: 'service', label: 'db', status: 'running', category: null },
  { id: 'service:web', kind: 'service', label: 'web', status: 'unhealthy', category: null },
]
const EDGES: Need[] = [{ from: 'service:web', to: 'service:db', kind: 'needs' }]

beforeAll(() => {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe() {}
      disconnect() {}
    },
  )
})

test('a node says what it is and how it does, and a key chooses it', () => {
  const choose = vi.fn()
  render(<GraphView nodes={NODES} edges={EDGES} chosen={null} onChoose={choose} />)
  fireEvent.keyDown(screen.getByRole('button', { name: 'service web, unhealthy' }), { key: 'Enter' })
  expect(choose).toHaveBeenCalledWith('service:web')
})

test('an arrow key goes to the next node in its direction', () => {
  render(<GraphView nodes={NODES} edges={EDGES} chosen={null} onChoose={() => undefined} />)
  fireEvent.keyDown(screen.getByRole('button', { name: /service db/ }), { key: 'ArrowRight' })
  expect(document.activeElement).toBe(screen.getByRole('button', { name: /service web/ }))
})

test('at the edge there is no next', () => {
  const places = new Map([
    ['a', { id: 'a', x: 0, y: 0 }],
    ['b', { id: 'b', x: 0, y: 60 }],
  ])
  expect(neighbour('a', 'ArrowDown', places)).toBe('b')
  expect(neighbour('a', 'ArrowUp', places)).toBeNull()
  expect(neighbour('a', 'ArrowLeft', places)).toBeNull()
})
