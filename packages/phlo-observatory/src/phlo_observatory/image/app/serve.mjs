/** Serves the built pages: files of dist/client as they are, everything else by the server's bundle. */
import { fileURLToPath } from 'node:url'
import { serve } from 'srvx'
import { staticMiddleware } from 'srvx/static'
import app from './dist/server/server.js'
import { bound, limits } from './limits.mjs'

const client = fileURLToPath(new URL('./dist/client', import.meta.url))
// Assets were compressed as well as can be when the image was built.
const files = staticMiddleware({ dir: client, encodings: { br: '.br' } })

const server = serve({
  hostname: process.env.HOST ?? '127.0.0.1',
  port: Number(process.env.PORT ?? 4200),
  ...limits,
  silent: true,
  middleware: [
    async (request, next) => {
      const isAsset = new URL(request.url).pathname.startsWith('/assets/')
      const answer = await files(request, next)
      // The names of assets have a hash of what is in them.
      if (isAsset && answer.status === 200) answer.headers.set('cache-control', 'public, max-age=31536000, immutable')
      return answer
    },
  ],
  fetch: (request) => app.fetch(request),
})
bound(server.node.server)
await server.ready()
