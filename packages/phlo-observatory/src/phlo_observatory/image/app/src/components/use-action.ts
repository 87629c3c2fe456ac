import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { post } from '~/api/client'
import { sessionQuery } from '~/api/queries'
import type { Session, Started } from '~/api/types'

/** Start a run and open its page. Who uses it shows the error of a refusal. */
export function useAction() {
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ path, body = {} }: { path: string; body?: unknown }) => post<Started>(path, body),
    onSuccess: async ({ run }) => {
      await queryClient.invalidateQueries({ queryKey: ['runs'] })
      await navigate({ to: '/runs/$id', params: { id: run } })
    },
  })
}

/** Whether this session may do something, and if not why. */
export function useMay(action: Session['actions_allowed'][number]): { may: boolean; why: string } {
  const { data: session } = useQuery(sessionQuery)
  if (!session || session.actions_allowed.includes(action)) return { may: Boolean(session), why: '' }
  const why =
    session.role === 'operator'
      ? `Disabled: add "${action}" to PHLO_API_ACTIONS.`
      : `Needs the role operator. You are signed in as ${session.role}.`
  return { may: false, why }
}
