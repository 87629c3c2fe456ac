/** The sessions that were ended before their time: a copy of their cookie opens nothing any more. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import type { Session } from './session'

const MOST_ENDED = 10_000

interface Written {
  notBefore: number
  ended: [string, number][]
}

/** Remembers ended sessions until they would have ended anyway; with a file, also after a restart.
 *
 * Of more than MOST_ENDED, and of a file that cannot be read, nothing can be said of single sessions: then all that
 * began before now are ended. */
export class EndedSessions {
  private readonly ended = new Map<string, number>()
  private readonly open = new Map<string, Set<AbortController>>()
  private notBefore = 0

  constructor(
    private readonly file: string | null,
    private readonly now: () => number,
  ) {
    if (file) this.read(file)
  }

  has(session: Session): boolean {
    return session.begun < this.notBefore || this.ended.has(session.id)
  }

  end(session: Session): void {
    const now = this.now()
    for (const [id, until] of this.ended) if (until <= now) this.ended.delete(id)
    if (this.ended.size >= MOST_ENDED) {
      this.ended.clear()
      this.notBefore = now
    }
    this.ended.set(session.id, session.until)
    for (const controller of this.open.get(session.id) ?? []) controller.abort()
    this.write()
  }

  /** Run a request of a session. The signal aborts it when the session ends; call the second value when it is over. */
  signal(session: Session): [AbortSignal, () => void] {
    const controller = new AbortController()
    const all = this.open.get(session.id) ?? new Set()
    this.open.set(session.id, all.add(controller))
    const timer = setTimeout(() => controller.abort(), Math.max(0, session.until - this.now()))
    timer.unref()
    const done = () => {
      clearTimeout(timer)
      all.delete(controller)
      if (all.size === 0 && this.open.get(session.id) === all) this.open.delete(session.id)
    }
    return [controller.signal, done]
  }

  private read(file: string): void {
    try {
      const { notBefore, ended } = JSON.parse(readFileSync(file, 'utf8')) as Written
      if (typeof notBefore !== 'number' || !Array.isArray(ended)) throw new Error('it has another form')
      this.notBefore = notBefore
      for (const [id, until] of ended) this.ended.set(id, until)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
      this.notBefore = this.now()
      console.error(`${file} cannot be read (${String(error)}): everybody has to sign in again`)
      this.write()
    }
  }

  private write(): void {
    if (!this.file) return
    const written: Written = { notBefore: this.notBefore, ended: [...this.ended] }
    try {
      const descriptor = openSync(`${this.file}.new`, 'w', 0o600)
      try {
        writeSync(descriptor, JSON.stringify(written))
        fsyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
      renameSync(`${this.file}.new`, this.file)
    } catch (error) {
      console.error(`${this.file} cannot be written (${String(error)}): a restart forgets which sessions were ended`)
    }
  }
}
