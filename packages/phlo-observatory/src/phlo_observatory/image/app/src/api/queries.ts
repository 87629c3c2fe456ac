/** What the pages request from phlo-api. The stream of changes says when to request it again. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { get, type Parameters, post } from './client'
import type {
  AuditEntry,
  Branch,
  Graph,
  Host,
  LogPage,
  Offering,
  Plan,
  Plugins,
  Project,
  QueryResults,
  Run,
  RunSummary,
  Service,
  Session,
  Stats,
  Table,
  TableName,
  Token,
  Variable,
} from './types'

/** A request without a response for so long counts as a lost connection. */
const LIVE_TIMEOUT = 15_000
const RUNS_PAGE = 50

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => get<Session>('/session', {}, signal),
  staleTime: 60_000,
})

export const projectQuery = live<Project>(['project'], '/project')
export const servicesQuery = live<Service[]>(['services'], '/services')
export const hostsQuery = live<Host[]>(['hosts'], '/hosts')
export const graphQuery = live<Graph>(['graph'], '/graph')
/** Sampled every 15 seconds, and no event of the stream of changes. */
export const statsQuery = { ...live<Stats>(['stats'], '/stats'), refetchInterval: 15_000, retry: false }
export const lastLinesQuery = (name: string) =>
  once<LogPage>(['services', name, 'log'], '/logs/page', { service: [name], limit: 10 })
export const runsQuery = live<RunSummary[]>(['runs'], '/runs', { limit: 100 })
export const runPagesQuery = infiniteQueryOptions({
  queryKey: ['run-pages'],
  initialPageParam: '',
  queryFn: ({ pageParam, signal }) => get<RunSummary[]>('/runs', { limit: RUNS_PAGE, before: pageParam }, signal),
  getNextPageParam: (page) => (page.length === RUNS_PAGE ? page.at(-1)?.id : undefined),
})
export const pluginsQuery = once<Plugins>(['plugins'], '/plugins')
export const registryQuery = once<Offering[]>(['registry'], '/registry')
export const auditQuery = { ...once<AuditEntry[]>(['audit'], '/audit', { limit: 1000 }), staleTime: 0 }
export const tokensQuery = once<Token[]>(['tokens'], '/tokens')
export const tablesQuery = once<TableName[]>(['data', 'tables'], '/data/tables')
export const branchesQuery = once<Branch[]>(['data', 'branches'], '/data/branches')
/** Namespace -> the catalog that the SQL engine has it in; of the standard's information schema. */
export const schemataQuery = queryOptions({
  queryKey: ['data', 'schemata'],
  queryFn: async () => {
    const sql = 'SELECT schema_name, catalog_name FROM information_schema.schemata'
    const { statements } = await post<QueryResults>('/data/queries', { sql })
    return new Map(
      statements.flatMap(({ rows }) => rows).map(([namespace, catalog]) => [String(namespace), String(catalog)]),
    )
  },
})
/** Reads the state of every host, so it is asked for seldom. */
export const planQuery = { ...once<Plan>(['plan'], '/plan'), staleTime: 60_000 }

/** What an `up` of services, and of those that they need, would change. */
export const servicesPlanQuery = (names: readonly string[]) => ({
  ...once<Plan>(['plan', ...names], '/plan', { service: names }),
  staleTime: 0,
  gcTime: 0,
})
export const serviceQuery = (name: string) => live<Service>(['services', name], `/services/${encoded(name)}`)
export const environmentQuery = (name: string) =>
  once<Variable[]>(['services', name, 'environment'], `/services/${encoded(name)}/environment`)
export const runQuery = (id: string) => once<Run>(['runs', id], `/runs/${encoded(id)}`)
export const tableQuery = (table: TableName) =>
  once<Table>(
    ['data', 'tables', table.namespace, table.name],
    `/data/tables/${encoded(table.namespace)}/${encoded(table.name)}`,
  )

const encoded = encodeURIComponent

function once<T>(key: string[], path: string, parameters: Parameters = {}) {
  return queryOptions<T>({ queryKey: key, queryFn: ({ signal }) => get<T>(path, parameters, signal) })
}

/** What is requested again after each change, in hidden tabs too: their title and icon stay true. */
function live<T>(key: string[], path: string, parameters: Parameters = {}) {
  return queryOptions<T>({
    queryKey: key,
    queryFn: ({ signal }) => get<T>(path, parameters, AbortSignal.any([signal, AbortSignal.timeout(LIVE_TIMEOUT)])),
  })
}
