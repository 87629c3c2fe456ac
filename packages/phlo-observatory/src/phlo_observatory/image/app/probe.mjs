/** Whether Observatory answers; with `api`, whether phlo-api does too. Exit status 1 says no. */
import { readFileSync } from 'node:fs'

const targets = [new URL(`http://127.0.0.1:${process.env.PORT ?? 4200}/health`)]
if (process.argv[2] === 'api') {
  const { api_url: api } = JSON.parse(readFileSync(process.env.OBSERVATORY_SETTINGS, 'utf8'))
  targets.push(new URL('/health', api))
}

for (const target of targets) {
  try {
    const answer = await fetch(target, { signal: AbortSignal.timeout(5_000) })
    console.log(`${target}: ${answer.status}`)
    if (!answer.ok) process.exitCode = 1
  } catch (error) {
    console.log(`${target}: ${error.cause?.message ?? error.message}`)
    process.exitCode = 1
  }
}
