import type { ReactNode } from 'react'

/** Line icons on a grid of 20, in the colour of the text beside them. */
const PATHS = {
  overview: <path d="M3 10.5 10 4l7 6.5M5 9v7.5h3.8V12h2.4v4.5H15V9" />,
  services: <path d="M3.5 4h13v4.5h-13zM3.5 11.5h13V16h-13zM6.3 6.25h.01M6.3 13.75h.01" />,
  graph: (
    <>
      <circle cx="4.8" cy="10" r="1.9" />
      <circle cx="15.2" cy="4.8" r="1.9" />
      <circle cx="15.2" cy="15.2" r="1.9" />
      <path d="M6.5 9.1l7-3.5M6.5 10.9l7 3.5" />
    </>
  ),
  runs: <path d="M3.5 5h7M6.5 10h8M10 15h6.5" />,
  plan: <path d="M5 3.5h7.5L15.5 6.5V16.5H5zM7.5 9h5.5M7.5 12.5h5.5" />,
  plugins: <path d="M7.5 3.5v3.2M12.5 3.5v3.2M5 6.7h10v3.1a5 5 0 0 1-10 0zM10 14.8v2.4" />,
  hosts: <path d="M3.5 4.5h13v8.5h-13zM7.5 16.5h5M10 13v3.5" />,
  data: (
    <>
      <ellipse cx="10" cy="5.3" rx="6" ry="2.2" />
      <path d="M4 5.3v9.4c0 1.2 2.7 2.2 6 2.2s6-1 6-2.2V5.3M4 10c0 1.2 2.7 2.2 6 2.2s6-1 6-2.2" />
    </>
  ),
  settings: (
    <path d="M3.5 6h7.2M14.3 6h2.2M3.5 14h2.2M9.3 14h7.2M12.5 4.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6zM7.5 12.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6z" />
  ),
  search: <path d="M9 3.8a5.2 5.2 0 1 1 0 10.4A5.2 5.2 0 0 1 9 3.8zM12.9 12.9l3.6 3.6" />,
  menu: <path d="M3.5 6h13M3.5 10h13M3.5 14h13" />,
  close: <path d="M5 5l10 10M15 5L5 15" />,
  external: <path d="M8 4.5H4.5v11h11V12M11 4h5v5M16 4l-7 7" />,
  restart: <path d="M15.8 8A6.2 6.2 0 1 0 16 11.5M16.2 4.2V8h-3.8" />,
  copy: <path d="M7 7h9v9H7zM13 7V4H4v9h3" />,
  check: <path d="M4.5 10.5l3.5 3.5 7.5-8" />,
  cross: <path d="M6 6l8 8M14 6l-8 8" />,
  warning: <path d="M10 3.6l7 12.4H3zM10 8.3v3.4M10 13.8h.01" />,
  busy: <path d="M10 3.5a6.5 6.5 0 1 1-6.5 6.5" />,
  plus: <path d="M5.5 10h9M10 5.5v9" />,
  minus: <path d="M5.5 10h9" />,
  question: <path d="M7.3 7.4a2.8 2.8 0 1 1 3.9 2.6c-.8.4-1.2.9-1.2 1.9M10 14.8h.01" />,
  signout: <path d="M8 4H4v12h4M12 6.5l3.5 3.5-3.5 3.5M15.5 10H8" />,
  undo: <path d="M7.5 4.5L4 8l3.5 3.5M4 8h7.5a4.2 4.2 0 0 1 0 8.4H8" />,
  play: <path d="M6.5 4.5l9 5.5-9 5.5z" />,
  down: <path d="M5.5 8l4.5 4.5L14.5 8" />,
  download: <path d="M10 3.5v8.5M6.5 8.8l3.5 3.5 3.5-3.5M4 16h12" />,
  key: <path d="M12.8 3.6a3.6 3.6 0 1 1-2.6 6.1L4 16M6.2 13.8l1.9 1.9M12.8 7.2h.01" />,
} satisfies Record<string, ReactNode>

export type IconName = keyof typeof PATHS

export function Icon({ name, className }: { name: IconName; className?: string }) {
  return (
    <svg
      className={className ? `icon ${className}` : 'icon'}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {PATHS[name]}
    </svg>
  )
}

export function Logo() {
  return (
    <svg
      viewBox="0 0 32 32"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.4"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M6 22a10 10 0 0 1 20 0M16 12V6.5M4 26h24" />
      <circle cx="16" cy="21" r="2.6" fill="currentColor" stroke="none" />
    </svg>
  )
}
