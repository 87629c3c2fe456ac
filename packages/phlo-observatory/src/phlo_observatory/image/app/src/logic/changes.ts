/** What of the pages' data a change of the project concerns. */

/** kind: the name of the event (`snapshot`, `service`, `run`, ...), or `over` when the session may have ended. */
export interface ChangeEvent {
  kind: string
  data: { name?: string; id?: string }
}

/** The key of queries; with `isExact` none that begin with it. */
export interface Affected {
  key: readonly string[]
  isExact?: boolean
}

const EVERYTHING: Affected[] = ['project', 'services', 'hosts', 'graph', 'runs', 'run-pages', 'plugins', 'plan'].map(
  (one) => ({
    key: [one],
  }),
)

/** What to request again after an event of the stream. */
export function affectedBy({ kind, data }: ChangeEvent): Affected[] {
  switch (kind) {
    case 'service':
      return [{ key: ['services'], isExact: true }, { key: ['services', data.name ?? ''] }, { key: ['graph'] }]
    case 'run':
      return [{ key: ['runs'], isExact: true }, { key: ['runs', data.id ?? ''] }, { key: ['run-pages'] }]
    case 'host':
    case 'engine':
      return [{ key: ['hosts'] }, { key: ['services'] }, { key: ['graph'] }]
    case 'plan':
      return [{ key: ['plan'] }]
    case 'over':
      return [{ key: ['session'] }]
    case 'snapshot':
    case 'project':
      return EVERYTHING
    default:
      return []
  }
}
