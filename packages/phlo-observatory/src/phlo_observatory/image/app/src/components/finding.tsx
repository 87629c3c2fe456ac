import type { Finding } from '~/api/types'
import { InlineCode } from './inline-code'

/** An error in its place: file and line, the message, the lines around it, and what to do. */
export function FindingDetail({ finding }: { finding: Partial<Finding> }) {
  const { detail, fix, where, excerpt = [], lines = [] } = finding
  return (
    <div className="stack">
      {where && <code className="wrap">{where}</code>}
      {detail && (detail.includes('\n') ? <Block label="Message" text={detail} /> : <p className="wrap">{detail}</p>)}
      {excerpt.length > 0 && (
        <pre className="output excerpt" tabIndex={0} aria-label={`Lines of ${finding.file ?? 'the file'}`}>
          {excerpt.map((line) => (
            <div key={line.number} className={line.is_marked ? 'excerpt-line is-marked' : 'excerpt-line'}>
              <span className="excerpt-number">
                {line.is_marked && <span className="visually-hidden">error in line </span>}
                {line.number}
              </span>
              {line.text}
            </div>
          ))}
        </pre>
      )}
      {lines.length > 0 && <Block label="Output" text={lines.join('\n')} />}
      {fix && (
        <p className="muted wrap">
          <InlineCode text={fix} />
        </p>
      )}
    </div>
  )
}

/** Text whose lines and columns mean something: a parser points below a line at what it does not understand. */
function Block({ label, text }: { label: string; text: string }) {
  return (
    <pre className="output" tabIndex={0} aria-label={label}>
      {text}
    </pre>
  )
}
