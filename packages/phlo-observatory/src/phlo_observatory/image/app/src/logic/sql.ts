import type { TableName } from '~/api/types'

/** A table as SQL names it. catalogs: namespace -> the catalog that the engine has it in. */
export function sqlName(table: TableName, catalogs?: ReadonlyMap<string, string>): string {
  const catalog = catalogs?.get(table.namespace)
  return [...(catalog ? [catalog] : []), table.namespace, table.name].map(quoted).join('.')
}

/** A name as SQL has it; in quotes where it is not a plain word. */
function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
