import { lookOf } from '~/logic/status'
import { Icon } from './icons'

/** A state as a coloured badge; the word says it too, for who cannot tell the colours apart. */
export function Status({ state }: { state: string | null | undefined }) {
  const look = lookOf(state)
  return (
    <span className={`badge tone-${look.tone}`}>
      <Icon name={look.icon} className={look.icon === 'busy' ? 'spinning' : undefined} />
      {look.word}
    </span>
  )
}

/** A word that sorts things: a capability, a category, a role. */
export function Tag({ children }: { children: string }) {
  return <span className="tag">{children}</span>
}
