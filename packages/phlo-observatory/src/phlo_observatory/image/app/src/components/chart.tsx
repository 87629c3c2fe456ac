import { type ChartChoice, type Rows, axis, points } from '~/logic/chart'
import { useWidth } from './use-width'

const LEAST_WIDTH = 260
const HEIGHT = 260
const LEFT = 52
const BOTTOM = 34
const TOP = 10

/** A bar or line chart of two columns. The table beside it says the same in numbers. */
export function Chart({ result, choice }: { result: Rows; choice: ChartChoice }) {
  const all = points(result, choice)
  const { low, high, marks } = axis(all.map((point) => point.value))
  const [box, room] = useWidth()
  const width = Math.max(LEAST_WIDTH, room)
  const step = (width - LEFT) / Math.max(1, all.length)
  const x = (index: number) => LEFT + step * (index + 0.5)
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low))
  const every = Math.max(1, Math.ceil(all.length / Math.max(2, Math.floor(width / 90))))
  const names = [result.columns[choice.y]?.name ?? '', result.columns[choice.x]?.name ?? '']
  return (
    <figure className="chart">
      <div ref={box}>
        <svg
          viewBox={`0 0 ${width} ${HEIGHT}`}
          role="img"
          aria-label={`Chart of ${names[0]} by ${names[1]}, ${all.length} points`}
        >
          {marks.map((mark) => (
            <g key={mark}>
              <line className="chart-grid" x1={LEFT} x2={width} y1={y(mark)} y2={y(mark)} />
              <text className="chart-mark" x={LEFT - 8} y={y(mark) + 4} textAnchor="end">
                {compact(mark)}
              </text>
            </g>
          ))}
          {choice.kind === 'bar' ? (
            all.map((point, index) => (
              <rect
                key={index}
                className="chart-bar"
                x={x(index) - step * 0.36}
                width={Math.max(1, step * 0.72)}
                y={Math.min(y(point.value), y(0))}
                height={Math.max(1, Math.abs(y(point.value) - y(0)))}
              >
                <title>{`${point.label}: ${point.value.toLocaleString()}`}</title>
              </rect>
            ))
          ) : (
            <>
              <polyline
                className="chart-line"
                points={all.map((point, index) => `${x(index)},${y(point.value)}`).join(' ')}
              />
              {all.map((point, index) => (
                <circle
                  key={index}
                  className="chart-dot"
                  cx={x(index)}
                  cy={y(point.value)}
                  r={all.length > 60 ? 1.5 : 3}
                >
                  <title>{`${point.label}: ${point.value.toLocaleString()}`}</title>
                </circle>
              ))}
            </>
          )}
          {all.map((point, index) =>
            index % every === 0 ? (
              <text key={index} className="chart-mark" x={x(index)} y={HEIGHT - 12} textAnchor="middle">
                {shortened(point.label, all.length)}
              </text>
            ) : null,
          )}
        </svg>
      </div>
      <figcaption className="muted small">
        {names[0]} by {names[1]}
        {result.rows.length > all.length ? `, the first ${all.length} of ${result.rows.length} rows` : ''}
      </figcaption>
    </figure>
  )
}

function compact(value: number): string {
  return new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 2 }).format(value)
}

function shortened(label: string, among: number): string {
  const most = among > 5 ? 12 : 22
  return label.length > most ? `${label.slice(0, most - 1)}…` : label
}
