// @vitest-environment jsdom
import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, expect, test, vi } from 'vitest'
import type { Plan, PlanStep } from '~/api/types'
import { ApplyPlan } from '~/components/apply-plan'
import { OPERATOR, inApp } from '../support/in-app'

afterEach(() => vi.unstubAllGlobals())

const plan = { digest: '0123456789abcdef', computed_at: 1, warnings: [] } as unknown as Plan
const steps = [{ id: 's', service: 'web', status: 'pending' }] as PlanStep[]

async function apply(answer: unknown, refresh = () => undefined) {
  const { sent } = await inApp(<ApplyPlan plan={plan} steps={steps} refresh={refresh} />, {
    '/session': OPERATOR,
    '/actions/up': answer,
  })
  await waitFor(() => expect(screen.getByRole('button', { name: 'Apply' })).toHaveProperty('disabled', false))
  await userEvent.click(screen.getByRole('button', { name: 'Apply' }))
  await screen.findByRole('alertdialog')
  await userEvent.click(screen.getByRole('button', { name: 'Apply' }))
  return sent
}

test('it applies the plan on the page and no other: the request names its digest', async () => {
  const sent = await apply({ run: 'r1' })
  expect(sent.find(({ method }) => method === 'POST')?.body).toEqual({ services: [], plan: plan.digest })
})

test('a plan that has moved is refused with what moved, and the page gets the new one', async () => {
  const refresh = vi.fn()
  const moved = { title: 'Plan changed', detail: 'the plan has changed', lines: ['web: image 1 -> 2'] }
  await apply(Response.json(moved, { status: 409 }), refresh)
  await waitFor(() => expect(screen.getByLabelText('Output').textContent).toBe('web: image 1 -> 2'))
  expect(refresh).not.toHaveBeenCalled()
  await userEvent.click(screen.getByRole('button', { name: 'Cancel' }))
  expect(refresh).toHaveBeenCalledOnce()
})
