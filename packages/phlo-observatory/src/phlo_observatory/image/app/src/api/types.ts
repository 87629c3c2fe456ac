/** What phlo-api answers. Moments are seconds since the epoch. */
export interface Session {
  name: string
  role: string
  actions_allowed: string[]
}

export interface Project {
  name: string
  warnings: string[]
  phlo_version: string
  changed_at: number | null
  last_run: RunSummary | null
}

export interface Port {
  host: string
  host_port: number | null
  container_port: number
  url: string | null
}

export interface Instance {
  container: string
  host: string
  state: string
  health: string | null
  health_output: string | null
  started_at: number | null
  image: string
}

export interface Action {
  name: string
  help: string
  arguments: Record<string, { help?: string; default?: unknown }>
}

export interface Service {
  name: string
  title: string
  description: string
  category: string
  package: string | null
  version: string | null
  status: string
  health: string | null
  hosts: string[]
  image: string | null
  ports: Port[]
  resources: Record<string, unknown>
  instances: Instance[]
  links: { title: string; url: string }[]
  actions: Action[]
  provides: string[]
  requires: string[]
  wants: string[]
}

export type Source = string | { file: string; line: number | null }

export interface Variable {
  name: string
  value: string | null
  secret: boolean
  source: Source
}

export interface Plugin {
  name: string
  package: string | null
  version: string | null
  services: string[]
}

export interface Plugins {
  installed: Plugin[]
  problems: { name: string; problem: string }[]
}

export interface Offering {
  name: string
  description: string
  version: string | null
  provides: string[]
  requires: string[]
  installed: boolean
  install_command: string | null
  notes: string | null
}

export interface Host {
  name: string
  address: string | null
  engine_version: string | null
  reachable: boolean
  services: string[]
  groups: string[]
}

export interface GraphNode {
  id: string
  kind: 'service' | 'capability' | 'host'
  title: string
  status: string | null
}

export interface GraphEdge {
  from: string
  to: string
  kind: string
}

export interface Graph {
  nodes: GraphNode[]
  edges: GraphEdge[]
}

export interface Change {
  at: string
  verb: string
  causes: string[]
}

export interface PlanStep {
  id: string
  host: string
  service: string
  operation: string
  status: string
  changes: Change[]
  message: string | null
}

export interface Plan {
  steps: PlanStep[]
}

export interface RunSummary {
  id: string
  title: string
  began: number
  seconds: number | null
  result: string
  counts: Record<string, number>
}

export interface RunStep {
  id: string
  host: string
  service: string
  operation: string
  status: string | null
  started: number
  seconds: number | null
  changes: Change[]
  message: string | null
  detail: string[]
}

export interface Run extends RunSummary {
  steps: RunStep[]
  critical_path: string[]
}

export interface LogLine {
  service: string
  container: string
  time: number | null
  line: string
}

export interface QueryResult {
  columns: { name: string; type: string }[]
  rows: unknown[][]
  truncated: boolean
  seconds: number
}

export interface LakeTable {
  namespace: string
  name: string
}

export interface Snapshot {
  id: string
  at: number
  operation: string
  records: number | null
  bytes: number | null
}

export interface LakeTableDetail extends LakeTable {
  columns: { name: string; type: string; required: boolean; doc: string | null }[]
  snapshots: Snapshot[]
}

export interface Branch {
  name: string
  kind: string
  hash: string
}

export interface Token {
  name: string
  role: string
  created: number | null
  last_used: number | null
}

/** What happened in a run: phlo's events.schema.json. */
export interface RunEvent {
  v: number
  kind: string
  time: number
  run: string
  step?: string
  host?: string
  service?: string
  operation?: string
  status?: string
  changes?: Change[]
  message?: string
  detail?: string[]
  seconds?: number
}
