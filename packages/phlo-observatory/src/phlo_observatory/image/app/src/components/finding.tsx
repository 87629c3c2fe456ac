import type { Finding } from '~/api/types'
import { InlineCode } from './inline-code'

/** An error in its place: file and line, the message, the lines around it, and what to do. */
export function FindingDetail({ finding }: { finding: Partial<Finding> }) {
  const { detail, fix, where, excerpt = [], lines = [] } = finding
  return (
    <div className="stack">
      {where && <code className="wrap strong">{where}</code>}
      {detail && <p className="wrap pre-line">{detail}</p>}
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
      {lines.length > 0 && (
        <pre className="output" tabIndex={0} aria-label="Output">
          {lines.join('\n')}
        </pre>
      )}
      {fix && (
        <p className="muted wrap">
          <InlineCode text={fix} />
        </p>
      )}
    </div>
  )
}
