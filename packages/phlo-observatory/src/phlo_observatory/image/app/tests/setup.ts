import { cleanup, configure } from '@testing-library/react'
import { afterEach } from 'vitest'

// Parts that are loaded when they are needed take their time on a busy machine.
configure({ asyncUtilTimeout: 20_000 })

afterEach(() => {
  if (typeof document !== 'undefined') cleanup()
})
