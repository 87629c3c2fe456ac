import { fileURLToPath } from 'node:url'
import { tanstackStart } from '@tanstack/react-start/plugin/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  resolve: { alias: { '~': fileURLToPath(new URL('./src', import.meta.url)) } },
  // One bundle with all that the server needs, so that the image holds no node_modules.
  environments: { ssr: { resolve: { noExternal: true } } },
  plugins: [tanstackStart(), react()],
})
