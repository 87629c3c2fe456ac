import { expect, test } from 'vitest'
import { sqlName } from '~/logic/sql'

test.each([
  [{ namespace: 'stats', name: 'commits' }, 'iceberg.stats.commits'],
  [{ namespace: 'other', name: 'commits' }, 'other.commits'],
  [{ namespace: 'stats', name: 'Two "words"' }, 'iceberg.stats."Two ""words"""'],
])('%j is %s', (table, name) => {
  expect(sqlName(table, new Map([['stats', 'iceberg']]))).toBe(name)
})
