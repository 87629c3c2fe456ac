import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createFileRoute } from '@tanstack/react-router'
import { type ColumnDef, createColumnHelper } from '@tanstack/react-table'
import { useState } from 'react'
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components'
import { post } from '~/api/client'
import { projectQuery, sessionQuery, tokensQuery } from '~/api/queries'
import type { NewToken, Token } from '~/api/types'
import { ActionButton } from '~/components/button'
import { Copyable } from '~/components/copy'
import { Confirm } from '~/components/dialog'
import { Ago } from '~/components/moments'
import { Facts, Page, Section } from '~/components/page'
import { Answer } from '~/components/states'
import { Tag } from '~/components/status'
import { DataTable } from '~/components/table'
import { useZone } from '~/components/use-zone'
import { ZONES, type Zone, setZone } from '~/logic/zone'
import { THEMES, type Theme, currentTheme, setTheme } from '~/logic/theme'

export const Route = createFileRoute('/_app/settings')({ component: Settings })

function Settings() {
  const session = useQuery(sessionQuery)
  const project = useQuery(projectQuery)
  const tokens = useQuery(tokensQuery)
  return (
    <Page title="Settings" lead="Theme, time zone, session and tokens.">
      <Section title="Theme">
        <ThemeChoice />
      </Section>
      <Section title="Time zone">
        <ZoneChoice />
      </Section>
      <Section title="Session">
        <Answer query={session}>
          {(found) => (
            <Facts
              facts={[
                ['Signed in as', found.name],
                ['Role', found.role],
                ['Permissions', found.actions_allowed.length ? found.actions_allowed.join(', ') : 'read only'],
                ['phlo version', project.data?.phlo_version ?? '…'],
              ]}
            />
          )}
        </Answer>
      </Section>
      <Section title="Tokens" aside="Only a hash of each token is stored. A new token is shown once.">
        <Answer query={tokens}>
          {(all) => <Tokens tokens={all} mayRotate={session.data?.role === 'operator'} own={session.data?.name} />}
        </Answer>
      </Section>
    </Page>
  )
}

function ThemeChoice() {
  const [theme, choose] = useState<Theme>(currentTheme)
  return (
    <ToggleButtonGroup
      className="segments"
      aria-label="Theme"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[theme]}
      onSelectionChange={(keys) => {
        const [chosen] = keys as Set<Theme>
        if (!chosen) return
        setTheme(chosen)
        choose(chosen)
      }}
    >
      {THEMES.map((name) => (
        <ToggleButton key={name} id={name}>
          {name === 'system' ? 'System' : name === 'light' ? 'Light' : 'Dark'}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}

function ZoneChoice() {
  const zone = useZone()
  return (
    <ToggleButtonGroup
      className="segments"
      aria-label="Time zone"
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[zone]}
      onSelectionChange={(keys) => {
        const [chosen] = keys as Set<Zone>
        if (chosen) setZone(chosen)
      }}
    >
      {ZONES.map((name) => (
        <ToggleButton key={name} id={name}>
          {name === 'local' ? 'Local' : name}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}

const column = createColumnHelper<Token>()

function Tokens({ tokens, mayRotate, own }: { tokens: Token[]; mayRotate: boolean; own: string | undefined }) {
  const [asked, setAsked] = useState<string | null>(null)
  const [fresh, setFresh] = useState<NewToken | null>(null)
  const queryClient = useQueryClient()
  const rotate = useMutation({
    mutationFn: (name: string) => post<NewToken>(`/tokens/${encodeURIComponent(name)}/rotate`),
    onSuccess: (made, name) => {
      setFresh(made)
      setAsked(null)
      if (name !== own) void queryClient.invalidateQueries({ queryKey: ['tokens'] })
    },
  })
  const columns: ColumnDef<Token, any>[] = [
    column.accessor('name', { header: 'Name', cell: ({ getValue }) => <strong>{getValue()}</strong> }),
    column.accessor('role', { header: 'Role', cell: ({ getValue }) => <Tag>{getValue()}</Tag> }),
    column.accessor((token) => token.rotated_at ?? token.created, {
      id: 'made',
      header: 'Created',
      cell: ({ getValue }) => <Ago at={getValue()} />,
    }),
    column.accessor('last_used', { header: 'Last used', cell: ({ getValue }) => <Ago at={getValue()} /> }),
    column.display({
      id: 'rotate',
      header: 'Rotate',
      cell: ({ row }) => (
        <ActionButton icon="key" isDisabled={!mayRotate} onPress={() => setAsked(row.original.name)}>
          Rotate
        </ActionButton>
      ),
    }),
  ]
  return (
    <div className="stack">
      {fresh && (
        <div className="note tone-good" role="status">
          <strong>New token of {fresh.name}. It is not shown again.</strong>
          <Copyable text={fresh.token} />
          {fresh.name === own && <span>This session used the old token. Sign in again with the new one.</span>}
        </div>
      )}
      <DataTable label="Tokens" rows={tokens} columns={columns} rowId={(token) => token.name} />
      {!mayRotate && <p className="muted small">Rotating tokens needs the role operator.</p>}
      <Confirm
        title={`Rotate the token ${asked ?? ''}?`}
        verb="Rotate"
        look="danger"
        isOpen={asked !== null}
        action={rotate}
        onClose={() => setAsked(null)}
        onConfirm={() => asked && rotate.mutate(asked)}
      >
        <p>The old token stops working at once. Everybody who uses it has to sign in with the new one.</p>
      </Confirm>
    </div>
  )
}
