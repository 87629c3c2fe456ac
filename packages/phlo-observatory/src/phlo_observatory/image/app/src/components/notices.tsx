import { type ReactNode, createContext, useCallback, useContext, useMemo, useState } from 'react'
import { IconButton } from './button'
import { Icon } from './icons'
import { ErrorDetail } from './states'

interface Notice {
  id: number
  tone: 'good' | 'bad'
  title: string
  detail?: ReactNode
}

interface Notices {
  tell: (title: string, detail?: ReactNode) => void
  fail: (error: unknown) => void
}

const Context = createContext<Notices>({ tell: () => undefined, fail: () => undefined })
const SHOWN_MILLISECONDS = 8_000

/** Short messages at the edge of the page, read aloud by screen readers. Errors stay until they are closed. */
export function NoticeProvider({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<Notice[]>([])
  const close = useCallback((id: number) => setNotices((all) => all.filter((one) => one.id !== id)), [])
  const value = useMemo<Notices>(() => {
    let last = 0
    const add = (notice: Omit<Notice, 'id'>) => {
      const id = ++last
      setNotices((all) => [...all.slice(-3), { ...notice, id }])
      if (notice.tone === 'good') setTimeout(() => close(id), SHOWN_MILLISECONDS)
    }
    return {
      tell: (title, detail) => add({ tone: 'good', title, detail }),
      fail: (error) => {
        const title = error instanceof Error ? error.message : 'Something went wrong'
        add({ tone: 'bad', title, detail: <ErrorDetail error={error} /> })
      },
    }
  }, [close])
  return (
    <Context value={value}>
      {children}
      <section className="notices" aria-label="Notices" aria-live="polite">
        {notices.map((notice) => (
          <div key={notice.id} className={`notice tone-${notice.tone}`}>
            <Icon name={notice.tone === 'good' ? 'check' : 'warning'} />
            <div className="stack">
              <strong>{notice.title}</strong>
              {notice.detail && <div className="small wrap">{notice.detail}</div>}
            </div>
            <IconButton icon="close" label="Close" onPress={() => close(notice.id)} />
          </div>
        ))}
      </section>
    </Context>
  )
}

export function useNotices(): Notices {
  return useContext(Context)
}
