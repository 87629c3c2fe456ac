import { expect, test } from 'vitest'
import { byUrgency, lookOf } from '~/logic/status'
import { THEMES, themeOf } from '~/logic/theme'

test('a state that is not known is shown by its own word', () => {
  expect(lookOf('half_way')).toEqual({ tone: 'idle', icon: 'question', word: 'half way' })
  expect(lookOf(null).word).toBe('unknown')
})

test('problems come first', () => {
  const tones = ['healthy', 'disabled', 'unhealthy', 'starting', 'stopped'].map((state) => lookOf(state).tone)
  expect(tones.toSorted(byUrgency)).toEqual(['bad', 'warn', 'busy', 'idle', 'good'])
})

test('a theme that there is not is the system’s', () => {
  expect([...THEMES, 'purple', undefined].map(themeOf)).toEqual(['system', 'light', 'dark', 'system', 'system'])
})
