import { useSyncExternalStore } from 'react'
import { type Zone, currentZone, subscribeZone } from '~/logic/zone'

/** The zone in which times are shown; who uses it is drawn again when it changes. */
export function useZone(): Zone {
  return useSyncExternalStore(subscribeZone, currentZone, () => 'local')
}
