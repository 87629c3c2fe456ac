"""Tables: a header and rows, columns as wide as they need to be."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from phlo.report.style import Style
from phlo.visible import one_line

# A column that is wrapped keeps this many columns at least, before the others are cut.
_WRAPPED_WIDTH = 16


class Cell(NamedTuple):
    """A cell in colours, as `Style` names them."""

    text: str
    colours: tuple[str, ...] = ()


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str | Cell]],
    style: Style,
    *,
    wrapped: Collection[str] = (),
    optional: Sequence[str] = (),
    gap: int = 2,
) -> str:
    """Columns side by side. On a terminal the table fits its width; a program gets one whole line a row.

    header:   empty for a table without one.
    optional: headers of columns that a terminal too narrow for all of them leaves out, the first one first.
    wrapped:  headers of columns that are wrapped between words on a narrow terminal, by default the last column.
              Every other column stays on one line, and is cut only if nothing else helps.
    gap:      blanks between columns.
    """
    head = [[Cell(name, ("bold",)) for name in header]] if header else []
    cells = [[_cell(one) for one in row] for row in [*head, *rows]]
    if not cells:
        return ""
    if style.is_terminal:
        wraps = {header.index(name) for name in wrapped} or {len(cells[0]) - 1}
        return _drawn(cells, style, wraps, [header.index(name) for name in optional], gap)
    widths = [max(len(row[column].text) for row in cells) for column in range(len(cells[0]))]
    return "\n".join(_line(row, widths, gap) for row in cells)


def _cell(given: str | Cell) -> Cell:
    cell = given if isinstance(given, Cell) else Cell(given)
    return cell._replace(text=one_line(cell.text))


def _drawn(
    rows: Sequence[Sequence[Cell]], style: Style, wrapped: Collection[int], optional: Sequence[int], gap: int
) -> str:
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    from phlo.report.drawing import drawn

    natural = {index: max(cell_len(row[index].text) for row in rows) for index in range(len(rows[0]))}
    least = {index: min(width, _WRAPPED_WIDTH) if index in wrapped else width for index, width in natural.items()}
    for index in optional:
        if sum(least.values()) + gap * (len(least) - 1) > style.width:
            del least[index]
    columns = list(least)
    can_wrap = [index in wrapped for index in columns]
    widths = _fitting([natural[index] for index in columns], can_wrap, style.width - gap * (len(columns) - 1))
    shown = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), show_header=False)
    for wraps, width in zip(can_wrap, widths, strict=True):
        shown.add_column(overflow="ellipsis", no_wrap=not wraps, width=width)
    for row in rows:
        shown.add_row(*(Text(row[index].text, " ".join(row[index].colours)) for index in columns))
    return drawn(shown, style)


def _fitting(natural: Sequence[int], can_wrap: Sequence[bool], width: int) -> list[int]:
    """Widths of columns that fit: first those that can be wrapped give way, then the widest of all."""
    widths = list(natural)
    excess = sum(widths) - width
    while excess > 0 and max(widths) > 1:
        able = [index for index, wraps in enumerate(can_wrap) if wraps and widths[index] > _WRAPPED_WIDTH]
        widest = max(able or range(len(widths)), key=widths.__getitem__)
        widths[widest] -= 1
        excess -= 1
    return widths


def _line(cells: Sequence[Cell], widths: Sequence[int], gap: int) -> str:
    blanks = " " * gap
    return blanks.join(f"{cell.text:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
