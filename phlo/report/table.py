"""Plain tables: a header and rows, columns as wide as they need to be."""

from __future__ import annotations

from collections.abc import Sequence

from phlo.report.style import Style, shortened


def table(header: Sequence[str], rows: Sequence[Sequence[str]], style: Style) -> str:
    """Columns side by side; the last one is cut at the edge of a terminal, never in a file."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    lines = [style(_line(header, widths), "bold")]
    for row in rows:
        line = _line(row, widths)
        lines.append(shortened(line, style.width) if style.is_coloured else line)
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
