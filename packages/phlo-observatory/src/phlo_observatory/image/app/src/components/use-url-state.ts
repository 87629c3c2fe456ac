import type { SortingState } from '@tanstack/react-table'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useEffect, useRef, useState } from 'react'
import { sortOf, sortText } from '~/logic/url-state'

/** A text that is kept in the address, so that a reload, a bookmark and a login come back to it.
 *
 * Its default is not written out. */
export function useUrlText(name: string, initial = ''): [string, (text: string) => void] {
  const search: Record<string, unknown> = useSearch({ strict: false })
  const navigate = useNavigate()
  const found = search[name] === undefined ? initial : String(search[name])
  // The address follows a moment later; meanwhile what was typed counts.
  const [text, setText] = useState(found)
  const awaited = useRef<string | null>(null)
  useEffect(() => {
    if (awaited.current === null) setText(found)
    else if (awaited.current === found) awaited.current = null
  }, [found])
  const set = useCallback(
    (text: string) => {
      awaited.current = text
      setText(text)
      const value = text === initial ? undefined : text
      void navigate({
        to: '.',
        search: ((known: object) => ({ ...known, [name]: value })) as never,
        replace: true,
        resetScroll: false,
      })
    },
    [navigate, name, initial],
  )
  return [text, set]
}

/** A switch that is kept in the address. */
export function useUrlFlag(name: string, initial = false): [boolean, (on: boolean) => void] {
  const [text, setText] = useUrlText(name, String(initial))
  return [text === 'true', useCallback((on: boolean) => setText(String(on)), [setText])]
}

export interface TableState {
  filter: string
  setFilter: (text: string) => void
  sorting: SortingState
  setSorting: (sorting: SortingState) => void
}

/** The filter and the order of a table, kept in the address as `q` and `sort`. */
export function useTableUrl(initial = ''): TableState {
  const [filter, setFilter] = useUrlText('q')
  const [sort, setSort] = useUrlText('sort', initial)
  const setSorting = useCallback((sorting: SortingState) => setSort(sortText(sorting)), [setSort])
  return { filter, setFilter, sorting: sortOf(sort), setSorting }
}
