/** What phlo-api answers, by the names the pages have for it; all of it comes out of its OpenAPI document. */
import type { components } from './schema'

type Schemas = components['schemas']

export type Action = Schemas['ServiceAction']
export type ActionArgument = Schemas['ActionArgument']
export type Branch = Schemas['Branch']
export type Change = Schemas['ChangeInfo']
export type Graph = Schemas['Graph']
export type GraphEdge = Schemas['GraphEdge']
export type GraphNode = Schemas['GraphNode']
export type Host = Schemas['HostInfo']
export type LogLine = Schemas['LogLine']
export type NewToken = Schemas['NewToken']
export type Offering = Schemas['RegistryItem']
export type Plan = Schemas['Plan']
export type PlanStep = Schemas['PlanStep']
export type Plugin = Schemas['InstalledPlugin']
export type Plugins = Schemas['Plugins']
export type Problem = Schemas['Problem']
export type Project = Schemas['ProjectInfo']
export type QueryResult = Schemas['QueryResult']
export type Run = Schemas['Run']
export type RunStep = Schemas['RunStep']
export type RunSummary = Schemas['RunSummary']
export type Service = Schemas['Service']
export type Session = Schemas['Session']
export type Source = Schemas['SourceText']
export type Started = Schemas['Started']
export type Table = Schemas['Table']
export type TableName = Schemas['TableName']
export type Token = Schemas['Token']
export type Variable = Schemas['EnvironmentEntry']

/** What happened in a run: the data of a server-sent event, as phlo's events.schema.json has it. */
export type RunEvent = Pick<Schemas['RunEvent'], 'kind' | 'time' | 'run'> & Partial<Schemas['RunEvent']>
