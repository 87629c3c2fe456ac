// @vitest-environment jsdom
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test, vi } from 'vitest'
import { ApiError } from '~/api/client'
import { Answer } from '~/components/states'

const base = { data: undefined, error: null, errorUpdatedAt: 0, refetch: () => undefined }

test('while there is no answer it says that it loads', () => {
  render(<Answer query={base}>{() => 'answer'}</Answer>)
  expect(screen.getByRole('status').textContent).toContain('Loading')
})

test('an error tells what was wrong and what to do, and can be tried again', async () => {
  const refetch = vi.fn()
  const error = new ApiError(503, 'The engine does not answer', 'connection refused', 'Start it.')
  render(<Answer query={{ ...base, error, refetch }}>{() => 'answer'}</Answer>)
  expect(screen.getByRole('alert').textContent).toContain('The engine does not answerconnection refusedStart it.')
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(refetch).toHaveBeenCalledOnce()
})

test('an error shows the file and the line, the lines around it, and what else is wrong', () => {
  const error = new ApiError(409, 'Configuration error in phlo.yaml', 'should be HOST:CONTAINER', 'Write a port.', {
    where: 'phlo.yaml:7 services.web.ports[0]',
    file: 'phlo.yaml',
    line: 7,
    excerpt: [
      { number: 6, text: '    ports:', is_marked: false },
      { number: 7, text: '      - 80a', is_marked: true },
    ],
    others: [
      {
        detail: 'unknown service',
        fix: '',
        where: 'phlo.yaml:9',
        file: null,
        line: null,
        excerpt: [],
        lines: ['a log line'],
      },
    ],
  })
  render(<Answer query={{ ...base, error, errorUpdatedAt: 1 }}>{() => 'answer'}</Answer>)
  expect(screen.getByText('phlo.yaml:7 services.web.ports[0]')).toBeTruthy()
  expect(screen.getByLabelText('Lines of phlo.yaml').textContent).toContain('error in line 7      - 80a')
  expect(screen.getByText('phlo.yaml:9')).toBeTruthy()
  expect(screen.getByLabelText('Output').textContent).toBe('a log line')
})

test('an error stays while the request is sent again, and an error of another request does not', () => {
  const error = new ApiError(503, 'The engine is not reachable', '', '')
  const { rerender } = render(<Answer query={{ ...base, error, errorUpdatedAt: 7 }}>{() => 'answer'}</Answer>)
  rerender(<Answer query={{ ...base, errorUpdatedAt: 7 }}>{() => 'answer'}</Answer>)
  expect(screen.getByRole('alert').textContent).toContain('The engine is not reachable')
  rerender(<Answer query={{ ...base, errorUpdatedAt: 3 }}>{() => 'answer'}</Answer>)
  expect(screen.getByRole('status').textContent).toContain('Loading')
})

test('an older answer stays while a new one fails', () => {
  const query = { ...base, data: 'older' as string | undefined, error: new Error('broken') }
  render(<Answer query={query}>{(data) => <p>{data}</p>}</Answer>)
  expect(screen.getByText('older')).toBeTruthy()
  expect(screen.getByRole('alert').textContent).toContain('broken')
})
