/** Limits for clients that are slow or too many: a connection is worth no more than a request that gets on. */
export const limits = {
  maxRequestBodySize: 1024 * 1024,
  node: {
    maxHeaderSize: 32 * 1024,
    headersTimeout: 15_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 5_000,
  },
}
/** A client that reads nothing, or a connection on which nothing happens. Streams have a sign of life every 15 s. */
const IDLE_MILLISECONDS = 60_000
const MOST_CONNECTIONS = 1000

/** Limit the connections of a server of Node. */
export function bound(server, idle = IDLE_MILLISECONDS) {
  server.maxConnections = MOST_CONNECTIONS
  server.timeout = idle
}
