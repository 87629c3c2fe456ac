import type { ReactNode } from 'react'
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { ActionButton } from './button'
import { ErrorState } from './states'

export interface ConfirmProps {
  title: string
  /** What the action does. */
  children: ReactNode
  verb: string
  isOpen: boolean
  look?: 'primary' | 'danger'
  action: { isPending: boolean; error: unknown; reset: () => void }
  onConfirm: () => void
  onClose: () => void
}

/** Asks before the platform is changed. Cancel has the focus. A refusal is explained here; the dialog stays open. */
export default function ConfirmDialog({
  title,
  children,
  verb,
  isOpen,
  look = 'primary',
  action,
  onConfirm,
  onClose,
}: ConfirmProps) {
  const close = () => {
    action.reset()
    onClose()
  }
  return (
    <ModalOverlay className="overlay" isOpen={isOpen} isDismissable onOpenChange={(open) => !open && close()}>
      <Modal className="modal">
        <Dialog className="dialog" role="alertdialog">
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          <div className="stack">{children}</div>
          {action.error ? <ErrorState error={action.error} /> : null}
          <div className="row dialog-buttons">
            <ActionButton onPress={close} autoFocus>
              Cancel
            </ActionButton>
            <ActionButton look={look} onPress={onConfirm} isDisabled={action.isPending}>
              {action.isPending ? 'Starting…' : verb}
            </ActionButton>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
