// @vitest-environment jsdom
import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { AnsiText } from '~/components/ansi-text'

test('colours of a program are shown as colours', () => {
  render(<AnsiText text={'\u001b[31mfailed\u001b[0m after 3 s'} />)
  expect(screen.getByText('failed').className).toContain('ansi-red-fg')
  expect(document.body.textContent).toBe('failed after 3 s')
})

test.each([
  ['cursor movements', '\u001b[2K\u001b[1Gdone', 'done'],
  ['an unfinished sequence', 'done \u001b[3', 'done '],
  ['a bell and a carriage return', 'done\u0007\r', 'done'],
])('%s leave nothing behind', (_, text, shown) => {
  render(<AnsiText text={text} />)
  expect(document.body.textContent?.trim()).toBe(shown.trim())
})

test('neither elements nor links of a log get into the page', () => {
  render(
    <AnsiText text={'\u001b[1m<img src=x onerror=alert(1)>\u001b]8;;javascript:alert(1)\u0007x\u001b]8;;\u0007'} />,
  )
  expect(document.querySelector('img, a, script')).toBeNull()
  expect(document.body.textContent).toContain('<img src=x')
})
