import type { ReactNode } from 'react'
import { useOutage } from './connection-banner'

/** A page's frame: its title, what it is about, its actions. */
export function Page({
  title,
  lead,
  above,
  actions,
  children,
}: {
  title: string
  lead?: ReactNode
  above?: ReactNode
  actions?: ReactNode
  children: ReactNode
}) {
  const outage = useOutage()
  return (
    <div className="page">
      <title>{`${outage ? '⚠ ' : ''}${title} · Observatory`}</title>
      <header className="page-head">
        <div className="page-head-text">
          {above && <div className="breadcrumb">{above}</div>}
          <h1>{title}</h1>
          {lead && <p>{lead}</p>}
        </div>
        {actions && <div className="row">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="section" aria-label={title}>
      <div className="section-head">
        <h2>{title}</h2>
        {aside && <div className="muted small">{aside}</div>}
      </div>
      {children}
    </section>
  )
}

/** Names and values. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="wrap">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
