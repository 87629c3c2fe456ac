/** The actions of a role: what running one needs. */
import type { Action, ActionArgument } from '~/api/types'

/** Why an action can only be run on the command line; null when it can be run from here. */
export function whyNotHere(action: Action): string | null {
  if (action.interactive && action.interactive_without === null)
    return 'This action is interactive: run it in a terminal.'
  const path = action.arguments.find((argument) => argument.required && argument.type === 'path')
  return path ? `"${path.name}" is a file on the machine that phlo runs on: run this action there.` : null
}

/** The arguments that phlo-api accepts: it neither reads nor writes files of its machine. */
export function fieldsOf(action: Action): ActionArgument[] {
  return action.arguments.filter((argument) => argument.type !== 'path')
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
