/** Compresses the built assets as well as Brotli can: once, when the image is built. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'

const assets = fileURLToPath(new URL('./dist/client/assets', import.meta.url))
for (const name of readdirSync(assets)) {
  if (/\.(js|css)$/.test(name))
    writeFileSync(join(assets, `${name}.br`), brotliCompressSync(readFileSync(join(assets, name))))
}
