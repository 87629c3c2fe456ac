import { expect, test } from 'vitest'
import { isKnownHost } from '~/server/security'

const ALLOWED = 'lake.example.com, .pages.example.com'

test.each([
  'localhost',
  'localhost:4200',
  'observatory.localhost',
  'observatory',
  '10.0.0.1:80',
  '[::1]:4200',
  'lake.example.com:443',
  'LAKE.example.com',
  'observatory.pages.example.com',
])('%s is a name of Observatory', (host) => {
  expect(isKnownHost(host, ALLOWED)).toBe(true)
})

test.each([
  null,
  '',
  'evil.example',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  'evil.lake.example.com',
  'pages.example.com',
  'evilpages.example.com',
])('%s is not a name of Observatory', (host) => {
  expect(isKnownHost(host, ALLOWED)).toBe(false)
})
