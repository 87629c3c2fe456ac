import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useConnection, watchNetwork } from '~/api/connection'
import { servicesQuery } from '~/api/queries'
import { type Outage, lostHosts, outageOf } from '~/logic/connection'
import { clockTime } from '~/logic/format'
import { ActionButton } from './button'
import { Icon } from './icons'
import { InlineCode } from './inline-code'

/** What is wrong with the connection, for the whole app; null when all is well. */
export function useOutage(): Outage | null {
  const connection = useConnection()
  const { data } = useQuery({ ...servicesQuery, enabled: false })
  return outageOf(connection, lostHosts(data ?? []))
}

/** Watches the connection, and shows above every page what is wrong with it. */
export function ConnectionBanner() {
  const { link, answeredAt } = useConnection()
  const outage = useOutage()
  const queryClient = useQueryClient()
  useEffect(watchNetwork, [])
  useQuery(servicesQuery)
  const wasLost = useRef(false)
  useEffect(() => {
    if (link === 'ok' && wasLost.current) void queryClient.invalidateQueries()
    wasLost.current = link !== 'ok'
  }, [link, queryClient])
  useFavicon(outage !== null)
  // The browser reports the network before the next poll would.
  useEffect(() => {
    const retry = () => void queryClient.refetchQueries({ queryKey: servicesQuery.queryKey })
    window.addEventListener('online', retry)
    return () => window.removeEventListener('online', retry)
  }, [queryClient])
  return (
    <div role="alert" className="connection">
      {outage && (
        <div className="connection-banner">
          <Icon name="warning" />
          <p>
            <strong>{outage.title}.</strong>{' '}
            {outage.isStale && answeredAt !== null && <>This page shows data as of {clockTime(answeredAt)}. </>}
            <InlineCode text={outage.fix} />
          </p>
          <ActionButton icon="restart" onPress={() => queryClient.refetchQueries({ type: 'active' })}>
            Retry
          </ActionButton>
        </div>
      )}
    </div>
  )
}

function useFavicon(isLost: boolean) {
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel=icon]')
    if (link) link.href = isLost ? '/icon-disconnected.svg' : '/icon.svg'
  }, [isLost])
}
