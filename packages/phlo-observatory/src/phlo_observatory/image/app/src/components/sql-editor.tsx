import { autocompletion, closeBrackets, closeCompletion, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { sql } from '@codemirror/lang-sql'
import { HighlightStyle, bracketMatching, syntaxHighlighting } from '@codemirror/language'
import { Compartment, EditorState } from '@codemirror/state'
import { EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { useEffect, useRef } from 'react'

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, class: 'sql-keyword' },
  { tag: [tags.string, tags.special(tags.string)], class: 'sql-string' },
  { tag: [tags.number, tags.bool, tags.null], class: 'sql-number' },
  { tag: tags.comment, class: 'sql-comment' },
  { tag: [tags.typeName, tags.standard(tags.name)], class: 'sql-type' },
])

/** An editor for one statement. Ctrl-Enter runs it; Esc and then Tab leaves it. tables: name -> its columns. */
export default function SqlEditor({
  value,
  onChange,
  onRun,
  tables,
}: {
  value: string
  onChange: (text: string) => void
  onRun: () => void
  tables: Record<string, string[]>
}) {
  const place = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const latest = useRef({ onChange, onRun })
  const language = useRef(new Compartment())
  useEffect(() => {
    latest.current = { onChange, onRun }
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
          EditorView.cspNonce.of(document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? ''),
          placeholder('SELECT …'),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': 'SQL statement' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString())
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
  return <div className="sql-editor" ref={place} />
}
