import type { ReactNode } from 'react'
import { Button, type ButtonProps, Tooltip, TooltipTrigger } from 'react-aria-components'
import { Icon, type IconName } from './icons'

interface Props extends Omit<ButtonProps, 'children' | 'className'> {
  icon?: IconName
  look?: 'plain' | 'primary' | 'danger' | 'quiet'
  children: ReactNode
}

export function ActionButton({ icon, look = 'plain', children, ...rest }: Props) {
  return (
    <Button {...rest} className={`button button-${look}`}>
      {icon && <Icon name={icon} />}
      {children}
    </Button>
  )
}

/** A button with nothing but an icon; its name shows beside it when one points at it. */
export function IconButton({
  icon,
  label,
  ...rest
}: Omit<Props, 'children' | 'look'> & { icon: IconName; label: string }) {
  return (
    <TooltipTrigger delay={400}>
      <Button {...rest} aria-label={label} className="button button-icon">
        <Icon name={icon} />
      </Button>
      <Tooltip className="tooltip" offset={6}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  )
}
