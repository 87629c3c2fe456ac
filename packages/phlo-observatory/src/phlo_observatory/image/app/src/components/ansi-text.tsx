import { AnsiUp } from 'ansi_up'
import { memo } from 'react'
import { hasEscapes, withoutControls } from '~/logic/log'

/** A control sequence that the end of a line cut off (ECMA-48, section 5.4). */
const UNFINISHED = /\u001b(?:\[[0-?]*[ -/]*)?$/

/** Output of a program with its colours. Everything else that a terminal would do is left out. */
export const AnsiText = memo(function AnsiText({ text }: { text: string }) {
  if (!hasEscapes(text)) return <span className="log-text">{withoutControls(text)}</span>
  // One for each line: what a line leaves open ends with it.
  const ansi = new AnsiUp()
  ansi.use_classes = true
  ansi.url_allowlist = {}
  const html = ansi.ansi_to_html(`${text.replace(UNFINISHED, '')}\u001b[0m`)
  // ansi_up escapes the text; its own elements are spans with classes and colours.
  return <span className="log-text" dangerouslySetInnerHTML={{ __html: withoutControls(html) }} />
})
