"""Drawings for people: the one place that loads rich.

rich is loaded for a drawing only (a table on a terminal, a tree, a picture of a run, a traceback): plain lines, help,
completion and the no-op path do without. Foreign text is never markup: the console interprets neither `[red]` nor
`:smile:`, and every text is passed through `phlo.visible` first.
"""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING

from phlo.report.style import Style

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

# Columns where there is no edge: what a program reads is never wrapped or cut.
UNLIMITED = 10_000


def console_for(stream: IO[str], style: Style, *, width: int | None = None) -> Console:
    """A console that writes on `stream` in the colours of `style`. width: None follows the terminal.

    It takes nothing from the process's environment, which `style` has read already.
    """
    from rich.console import Console

    return Console(
        file=stream,
        width=width,
        color_system="standard" if style.is_coloured else None,
        force_terminal=style.is_terminal,
        no_color=not style.is_coloured,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )


def drawn(renderable: RenderableType, style: Style) -> str:
    """A drawing as text, as wide as the terminal at most; elsewhere as wide as it needs to be."""
    stream = io.StringIO()
    console = console_for(stream, style, width=style.width if style.is_terminal else UNLIMITED)
    console.print(renderable)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())
