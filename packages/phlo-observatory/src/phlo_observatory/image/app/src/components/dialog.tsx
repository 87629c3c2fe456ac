import { Suspense, lazy } from 'react'
import type { ConfirmProps } from './confirm-dialog'

const ConfirmDialog = lazy(() => import('./confirm-dialog'))

/** Asks before the platform is changed. The dialog is loaded when it opens first. */
export function Confirm(props: ConfirmProps) {
  if (!props.isOpen) return null
  return (
    <Suspense>
      <ConfirmDialog {...props} />
    </Suspense>
  )
}
