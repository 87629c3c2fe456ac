import { autocompletion, closeBrackets, closeCompletion, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { sql } from '@codemirror/lang-sql'
import { HighlightStyle, bracketMatching, syntaxHighlighting } from '@codemirror/language'
import { Compartment, EditorState, StateEffect, StateField } from '@codemirror/state'
import { Decoration, EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useRef } from 'react'
import type { Place } from '~/logic/sql-run'

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, class: 'sql-keyword' },
  { tag: [tags.string, tags.special(tags.string)], class: 'sql-string' },
  { tag: [tags.number, tags.bool, tags.null], class: 'sql-number' },
  { tag: tags.comment, class: 'sql-comment' },
  { tag: [tags.typeName, tags.standard(tags.name)], class: 'sql-type' },
])

const setMark = StateEffect.define<Place | null>()
const ERROR = Decoration.mark({ class: 'sql-error' })

/** The word at the place of an error, until the text there changes. */
const errorMark = StateField.define({
  create: () => Decoration.none,
  update(marks, { state, changes, effects }) {
    for (const effect of effects) {
      if (!effect.is(setMark)) continue
      if (!effect.value || effect.value.line > state.doc.lines) return Decoration.none
      const line = state.doc.line(effect.value.line)
      const from = Math.min(line.from + effect.value.column - 1, line.to)
      const word = state.wordAt(from)
      const to = Math.max(word?.to ?? 0, Math.min(from + 1, line.to))
      return to > from ? Decoration.set(ERROR.range(from, to)) : Decoration.none
    }
    return marks.map(changes)
  },
  provide: (field) => EditorView.decorations.from(field),
})

/** What is selected, with its place; null when nothing is. */
function selectionOf({ doc, selection: { main } }: EditorState): { sql: string; from: Place } | null {
  if (main.empty) return null
  const line = doc.lineAt(main.from)
  return { sql: doc.sliceString(main.from, main.to), from: { line: line.number, column: main.from - line.from + 1 } }
}

/** An editor for SQL. Ctrl-Enter runs it; Esc and then Tab leaves it.
 *
 * tables: name -> its columns. mark: the place of an error. */
export default function SqlEditor({
  value,
  onChange,
  onRun,
  onSelect,
  tables,
  mark,
}: {
  value: string
  onChange: (text: string) => void
  onRun: () => void
  onSelect: (selected: { sql: string; from: Place } | null) => void
  tables: Record<string, string[]>
  mark: Place | null
}) {
  const place = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const latest = useRef({ onChange, onRun, onSelect })
  const language = useRef(new Compartment())
  useEffect(() => {
    latest.current = { onChange, onRun, onSelect }
  })
  useEffect(() => {
    if (!place.current) return
    const run = (target: EditorView) => {
      closeCompletion(target)
      latest.current.onRun()
      return true
    }
    const editor = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          lineNumbers(),
          history(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false }),
          language.current.of(sql()),
          syntaxHighlighting(COLOURS),
          errorMark,
          EditorView.cspNonce.of(document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? ''),
          placeholder('SELECT …'),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': 'SQL statement' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString())
            if (update.docChanged || update.selectionSet) latest.current.onSelect(selectionOf(update.state))
          }),
          keymap.of([
            { key: 'Mod-Enter', run, preventDefault: true },
            ...completionKeymap,
            ...defaultKeymap,
            ...historyKeymap,
          ]),
        ],
      }),
    })
    view.current = editor
    return () => editor.destroy()
    // The editor is made once; later values come in below.
  }, [])
  useEffect(() => {
    const editor = view.current
    if (editor && editor.state.doc.toString() !== value) {
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } })
    }
  }, [value])
  useEffect(() => {
    view.current?.dispatch({ effects: language.current.reconfigure(sql({ schema: tables })) })
  }, [tables])
  useEffect(() => {
    view.current?.dispatch({ effects: setMark.of(mark) })
  }, [mark])
  return <div className="sql-editor" ref={place} />
}
