import { type FormEvent, useState } from 'react'
import { Input, Label, TextField } from 'react-aria-components'
import type { Action, Service } from '~/api/types'
import { actionBody, fieldsOf, isRequired, whyNotHere } from '~/logic/action'
import { cellText } from '~/logic/format'
import { ActionButton } from './button'
import { Copyable } from './copy'
import { Confirm } from './dialog'
import { ErrorState } from './states'
import { useAction, useMay } from './use-action'

/** An action of a role with its arguments. One that changes something asks first. */
export function ActionCard({ service, action }: { service: Service; action: Action }) {
  const [values, setValues] = useState<Record<string, string>>({})
  const [isAsking, setAsking] = useState(false)
  const run = useAction()
  const { may } = useMay('action')
  const target = `${service.name}.${action.name}`
  const start = () => {
    const path = `/services/${encodeURIComponent(service.name)}/actions/${encodeURIComponent(action.name)}`
    run.mutate({ path, body: actionBody(service.name, action, values) })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (action.danger === 'safe') start()
    else setAsking(true)
  }
  const reason = whyNotHere(action)
  if (reason) return <CommandLineAction target={target} help={action.help} reason={reason} />
  return (
    <li className="card">
      <form className="stack" onSubmit={submit}>
        <div className="row spread">
          <span className="row">
            <strong className="mono">{target}</strong>
            <DangerTag danger={action.danger} />
          </span>
          <ActionButton icon="play" type="submit" isDisabled={!may || run.isPending}>
            Run
          </ActionButton>
        </div>
        <p className="muted">{action.help}</p>
        {fieldsOf(action).map((argument) => (
          <TextField
            key={argument.name}
            className="field"
            value={values[argument.name] ?? ''}
            onChange={(value) => setValues({ ...values, [argument.name]: value })}
            isRequired={isRequired(action, argument)}
            isDisabled={!may}
          >
            <Label>
              {argument.name}
              {argument.help && <span className="muted small"> {argument.help}</span>}
            </Label>
            <Input placeholder={cellText(argument.default) || argument.choices.join(', ')} />
          </TextField>
        ))}
      </form>
      {run.error && !isAsking ? <ErrorState error={run.error} /> : null}
      <Confirm
        title={`Run ${target}?`}
        verb="Run"
        look={action.danger === 'destructive' ? 'danger' : 'primary'}
        isOpen={isAsking}
        action={run}
        onClose={() => setAsking(false)}
        onConfirm={start}
      >
        <p>{action.help}.</p>
        {action.danger === 'destructive' && (
          <p className="note tone-bad">This action overwrites or deletes data. Nothing restores the data afterwards.</p>
        )}
        <Given values={values} />
      </Confirm>
    </li>
  )
}

/** The values that were filled in, so that they are read once more before the action starts. */
function Given({ values }: { values: Readonly<Record<string, string>> }) {
  const given = Object.entries(values).filter(([, value]) => value !== '')
  if (given.length === 0) return null
  return (
    <ul className="bullets">
      {given.map(([name, value]) => (
        <li key={name}>
          {name}: <code className="wrap">{value}</code>
        </li>
      ))}
    </ul>
  )
}

function DangerTag({ danger }: { danger: Action['danger'] }) {
  if (danger === 'safe') return <span className="tag">changes nothing</span>
  return danger === 'destructive' ? <span className="badge tone-bad">destructive</span> : null
}

function CommandLineAction({ target, help, reason }: { target: string; help: string; reason: string }) {
  return (
    <li className="card stack">
      <strong className="mono">{target}</strong>
      <p className="muted">
        {help}. {reason}
      </p>
      <Copyable text={`phlo run ${target}`} />
    </li>
  )
}
