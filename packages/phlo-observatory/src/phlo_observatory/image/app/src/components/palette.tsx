import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import {
  Autocomplete,
  Dialog,
  Header,
  Input,
  Menu,
  MenuItem,
  MenuSection,
  Modal,
  ModalOverlay,
  SearchField,
  useFilter,
} from 'react-aria-components'
import { runsQuery, servicesQuery } from '~/api/queries'
import { PAGES } from '~/logic/pages'
import { THEMES, setTheme } from '~/logic/theme'
import { Icon, type IconName } from './icons'

interface Entry {
  id: string
  title: string
  icon: IconName
  words: string
  hint?: string
  go: () => unknown
}

/** Ctrl-K: every page, service, recent run and theme, found by typing. */
export default function Palette({ isOpen, onOpenChange }: { isOpen: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <ModalOverlay className="overlay overlay-top" isOpen={isOpen} onOpenChange={onOpenChange} isDismissable>
      <Modal className="modal palette">
        <Dialog className="palette-dialog" aria-label="Search pages, services and runs">
          <Finder close={() => onOpenChange(false)} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

function Finder({ close }: { close: () => void }) {
  const { contains } = useFilter({ sensitivity: 'base' })
  const groups = useEntries()
  const entries = new Map(groups.flatMap(([, all]) => all.map((entry) => [entry.id, entry])))
  return (
    <Autocomplete filter={contains}>
      <SearchField aria-label="Search" autoFocus className="palette-field">
        <Icon name="search" />
        <Input placeholder="Search pages, services, runs, themes" />
        <kbd>Esc</kbd>
      </SearchField>
      <div className="palette-list" tabIndex={0} role="group" aria-label="Results">
        <Menu
          aria-label="Results"
          renderEmptyState={() => <p className="palette-none muted">No matches</p>}
          onAction={(id) => {
            close()
            entries.get(String(id))?.go()
          }}
        >
          {groups.map(([title, all]) => (
            <MenuSection key={title} id={title}>
              <Header>{title}</Header>
              {all.map((entry) => (
                <MenuItem
                  key={entry.id}
                  id={entry.id}
                  textValue={`${entry.title} ${entry.words}`}
                  className="palette-item"
                >
                  <Icon name={entry.icon} />
                  <span>{entry.title}</span>
                  {entry.hint && <span className="muted small">{entry.hint}</span>}
                </MenuItem>
              ))}
            </MenuSection>
          ))}
        </Menu>
      </div>
    </Autocomplete>
  )
}

function useEntries(): [string, Entry[]][] {
  const navigate = useNavigate()
  const { data: services = [] } = useQuery({ ...servicesQuery, refetchInterval: false })
  const { data: runs = [] } = useQuery({ ...runsQuery, refetchInterval: false })
  const groups: [string, Entry[]][] = [
    [
      'Pages',
      PAGES.map((page) => ({
        id: page.to,
        title: page.title,
        icon: page.icon,
        words: page.words,
        go: () => navigate({ to: page.to }),
      })),
    ],
    [
      'Services',
      services
        .filter((service) => service.enabled)
        .map((service) => ({
          id: `service ${service.name}`,
          title: service.title,
          icon: 'services',
          words: `${service.name} ${service.category}`,
          hint: service.category,
          go: () => navigate({ to: '/services/$name', params: { name: service.name } }),
        })),
    ],
    [
      'Runs',
      runs.slice(0, 10).map((run) => ({
        id: `run ${run.id}`,
        title: run.title,
        icon: 'runs',
        words: run.id,
        hint: run.id,
        go: () => navigate({ to: '/runs/$id', params: { id: run.id } }),
      })),
    ],
    [
      'Theme',
      THEMES.map((theme) => ({
        id: `theme ${theme}`,
        title: `Theme: ${theme}`,
        icon: 'settings',
        words: 'dark light colours',
        go: () => setTheme(theme),
      })),
    ],
  ]
  return groups.filter(([, all]) => all.length > 0)
}
