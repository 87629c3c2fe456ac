import type { ReactNode } from 'react'
import { Dialog, Modal, ModalOverlay } from 'react-aria-components'

/** The menu of a narrow window. */
export default function Drawer({
  isOpen,
  onOpenChange,
  children,
}: {
  isOpen: boolean
  onOpenChange: (isOpen: boolean) => void
  children: ReactNode
}) {
  return (
    <ModalOverlay className="overlay overlay-drawer" isOpen={isOpen} onOpenChange={onOpenChange} isDismissable>
      <Modal className="drawer">
        <Dialog className="sidebar" aria-label="Menu">
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
