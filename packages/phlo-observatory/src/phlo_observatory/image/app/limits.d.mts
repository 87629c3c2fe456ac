import type { Server, ServerOptions } from 'node:http'

export const limits: { maxRequestBodySize: number; node: ServerOptions }
export function bound(server: Pick<Server, 'maxConnections' | 'timeout'>, idle?: number): void
