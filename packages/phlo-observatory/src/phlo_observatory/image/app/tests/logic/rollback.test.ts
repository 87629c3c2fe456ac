import { expect, test } from 'vitest'
import type { Run, Service } from '~/api/types'
import { rollBackOf } from '~/logic/rollback'

const step = (service: string, verb: string, rest = {}) => ({
  service,
  status: 'changed',
  undone: false,
  changes: [{ at: 'c', verb, causes: ['x'] }],
  ...rest,
})
const run = (...steps: object[]) => ({ id: 'run-2', steps }) as unknown as Run
const service = (name: string, ...makers: string[]) =>
  ({ name, instances: makers.map((made_by) => ({ made_by })) }) as unknown as Service

test('a run that replaced the containers that run now can be rolled back', () => {
  const found = rollBackOf(run(step('web', 'recreate'), step('web', 'pull')), [service('web', 'run-2')])
  expect(found).toEqual({ isPossible: true, services: ['web'] })
})

test.each([
  ['created containers only', [step('web', 'create')]],
  ['restarted', [step('web', 'start')]],
  ['put the earlier container back itself', [step('web', 'recreate', { undone: true })]],
  ['failed', [step('web', 'recreate', { status: 'failed' })]],
])('a run that %s has no roll-back', (_, steps) => {
  expect(rollBackOf(run(...steps), [service('web', 'run-2')])).toMatchObject({ isPossible: false })
})

test('a service that was changed again, or rolled back, is named', () => {
  const all = [service('web', 'run-1'), service('api', 'run-2')]
  const found = rollBackOf(run(step('web', 'recreate'), step('api', 'recreate')), all)
  expect(found).toMatchObject({ isPossible: false, why: expect.stringMatching(/: web\.$/) })
})
