import { expect, test } from 'vitest'
import { affectedBy } from '~/logic/changes'

test.each([
  ['service', { name: 'web' }, ['services', 'services/web', 'graph']],
  ['run', { id: '7' }, ['runs', 'runs/7', 'run-pages']],
  ['host', { name: 'local' }, ['hosts', 'services', 'graph']],
  ['engine', {}, ['hosts', 'services', 'graph']],
  ['plan', {}, ['plan']],
  ['over', {}, ['session']],
  ['unknown', {}, []],
])('%s concerns what shows it', (kind, data, keys) => {
  expect(affectedBy({ kind, data }).map(({ key }) => key.join('/'))).toEqual(keys)
})

test('a snapshot, which follows a gap, and changed files concern everything', () => {
  const keys = affectedBy({ kind: 'snapshot', data: {} }).map(({ key }) => key[0])
  expect(keys).toEqual(expect.arrayContaining(['services', 'runs', 'hosts', 'plan', 'project']))
  expect(affectedBy({ kind: 'project', data: {} })).toEqual(affectedBy({ kind: 'snapshot', data: {} }))
})

test('one service leaves the pages of the others alone', () => {
  const [list] = affectedBy({ kind: 'service', data: { name: 'web' } })
  expect(list).toEqual({ key: ['services'], isExact: true })
})
