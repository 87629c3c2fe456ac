import type { ReactNode } from 'react'
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { ActionButton } from './button'

/** Asks before something is done to the platform. */
export function Confirm({
  title,
  children,
  verb,
  isOpen,
  isBusy = false,
  look = 'primary',
  onConfirm,
  onClose,
}: {
  title: string
  children: ReactNode
  verb: string
  isOpen: boolean
  isBusy?: boolean
  look?: 'primary' | 'danger'
  onConfirm: () => void
  onClose: () => void
}) {
  return (
    <ModalOverlay className="overlay" isOpen={isOpen} isDismissable onOpenChange={(open) => !open && onClose()}>
      <Modal className="modal">
        <Dialog className="dialog" role="alertdialog">
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          <div className="stack">{children}</div>
          <div className="row dialog-buttons">
            <ActionButton onPress={onClose}>Cancel</ActionButton>
            <ActionButton look={look} onPress={onConfirm} isDisabled={isBusy} autoFocus>
              {isBusy ? 'Asking…' : verb}
            </ActionButton>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
