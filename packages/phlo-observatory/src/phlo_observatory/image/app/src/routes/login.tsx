import { useQueryClient } from '@tanstack/react-query'
import { createFileRoute, useRouter } from '@tanstack/react-router'
import { type FormEvent, useEffect, useState } from 'react'
import { Input, Label, TextField } from 'react-aria-components'
import { ApiError, signIn } from '~/api/client'
import { ActionButton } from '~/components/button'
import { Copyable } from '~/components/copy'
import { Logo } from '~/components/icons'

export const Route = createFileRoute('/login')({
  // Only a path of these pages: never another site.
  validateSearch: (search: Record<string, unknown>): { then?: string } =>
    typeof search.then === 'string' && /^\/(?![/\\])/.test(search.then) ? { then: search.then } : {},
  component: Login,
})

function Login() {
  const { then = '/' } = Route.useSearch()
  const queryClient = useQueryClient()
  const router = useRouter()
  const [error, setError] = useState<unknown>(null)
  const [isBusy, setBusy] = useState(false)
  // Before the page's script runs, the browser itself would send the form, to a page that takes none.
  const [isReady, setReady] = useState(false)
  useEffect(() => setReady(true), [])
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    // What was typed or filled in before the script ran counts as well.
    const token = String(new FormData(event.currentTarget).get('token'))
    setBusy(true)
    setError(null)
    try {
      await signIn(token)
      queryClient.clear()
      // The login leaves the history: back returns to the page before it.
      await router.navigate({ href: then, replace: true })
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <main className="lone">
      <title>Sign in · Observatory</title>
      <form className="card login" method="post" onSubmit={submit}>
        <div className="brand">
          <Logo />
          <h1>Observatory</h1>
        </div>
        <TextField className="field" type="password" isRequired autoFocus name="token" autoComplete="current-password">
          <Label>Token</Label>
          <Input spellCheck="false" />
        </TextField>
        {error !== null && <LoginError error={error} />}
        <ActionButton look="primary" type="submit" isDisabled={!isReady || isBusy}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </ActionButton>
        <div className="stack muted small">
          <p>To print the operator’s token, run this in the project folder:</p>
          <Copyable text="phlo secrets get PHLO_API_OPERATOR_TOKEN" />
        </div>
      </form>
    </main>
  )
}

function LoginError({ error }: { error: unknown }) {
  const isRefused = error instanceof ApiError && error.status === 401
  const title = isRefused ? 'Invalid token' : error instanceof Error ? error.message : 'Something went wrong'
  const fix = isRefused
    ? 'Check that the token is complete and was not rotated.'
    : error instanceof ApiError
      ? error.fix
      : ''
  return (
    <div className="note tone-bad" role="alert">
      <strong>{title}</strong>
      <span>{fix}</span>
    </div>
  )
}
