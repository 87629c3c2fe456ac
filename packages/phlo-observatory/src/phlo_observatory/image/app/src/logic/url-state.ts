/** How the state of a page is written in its address. */

export interface Sort {
  id: string
  desc: boolean
}

/** `-took` is the column `took`, largest first. */
export function sortOf(text: string): Sort[] {
  const id = text.replace(/^-/, '')
  return id ? [{ id, desc: text.startsWith('-') }] : []
}

export function sortText([first]: readonly Sort[]): string {
  return first ? `${first.desc ? '-' : ''}${first.id}` : ''
}
