/** The actions of a role: what running one needs. */
import type { Action, ActionArgument } from '~/api/types'

/** Whether an action needs a terminal whatever arguments it gets. */
export function needsTerminal(action: Action): boolean {
  return action.interactive && action.interactive_without === null
}

/** Whether a field has to be filled in; the argument without which an action needs a terminal is one. */
export function isRequired(action: Action, argument: ActionArgument): boolean {
  return argument.required || (action.interactive && action.interactive_without === argument.name)
}

/** The body of the request. Empty fields are left out, so that defaults apply. */
export function actionBody(service: string, action: Action, values: Readonly<Record<string, string>>) {
  const given = action.arguments.flatMap((argument) => givenValue(argument, values[argument.name] ?? ''))
  const confirm = action.danger === 'destructive' ? { confirm: `${service}.${action.name}` } : {}
  return { arguments: Object.fromEntries(given), ...confirm }
}

function givenValue({ name, type }: ActionArgument, text: string): [string, string | number | boolean][] {
  if (text === '') return []
  if (type === 'integer') return [[name, Number(text)]]
  if (type === 'flag') return [[name, ['yes', 'true', '1', 'on'].includes(text.toLowerCase())]]
  return [[name, text]]
}
