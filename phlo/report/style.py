"""Colours for a terminal, and none elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}

# For telling services apart; red is left for errors.
PREFIX_COLOURS = ("cyan", "yellow", "green", "magenta", "blue")

SIGNS = {"create": "+", "recreate": "~", "remove": "-"}
SIGN_COLOURS = {"+": "green", "~": "yellow", "-": "red", "✓": "green", "✗": "red", "!": "yellow", "?": "dim"}


class Style:
    """Paints text, or leaves it as it is. width: columns to fill. is_terminal: a person reads it, at that width."""

    __slots__ = ("is_coloured", "is_terminal", "width")

    def __init__(self, is_coloured: bool = False, width: int = 80, *, is_terminal: bool = False) -> None:
        self.is_coloured = is_coloured
        self.width = width
        self.is_terminal = is_terminal

    def __call__(self, text: str, *colours: str) -> str:
        if not self.is_coloured or not text or not colours:
            return text
        return f"\x1b[{';'.join(_CODES[colour] for colour in colours)}m{text}\x1b[0m"

    def sign(self, sign: str) -> str:
        """A sign such as ✓ or ~ in its colour."""
        return self(sign, *([SIGN_COLOURS[sign]] if sign in SIGN_COLOURS else []))


def style_for(stream: TextIO, environ: Mapping[str, str], *, no_color: bool = False) -> Style:
    """Colours if `stream` is a terminal that has them and nobody said no (https://no-color.org)."""
    is_terminal = stream.isatty()
    is_coloured = is_terminal and has_colours(environ, no_color=no_color)
    return Style(is_coloured, terminal_width(stream, environ), is_terminal=is_terminal)


def has_colours(environ: Mapping[str, str], *, no_color: bool = False) -> bool:
    """Whether a terminal gets colours: nobody said no, and it can show them."""
    return not no_color and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def terminal_width(stream: TextIO, environ: Mapping[str, str], default: int = 80) -> int:
    """Columns of the terminal; COLUMNS wins, no terminal is `default`."""
    given = environ.get("COLUMNS", "")
    if given.isdigit() and int(given) > 0:
        return int(given)
    if not stream.isatty():
        return default
    import os

    try:
        return os.get_terminal_size(stream.fileno()).columns or default
    except OSError:
        return default


def shortened(text: str, width: int) -> str:
    """`text` in at most `width` columns, an ellipsis where it was cut."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def seconds_text(seconds: float) -> str:
    """`0.04s`, `0.4s`, `12s`, `3m 20s`: as exact as it matters."""
    if seconds < 0.095:
        return f"{seconds:.2f}s"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    if seconds < 90:
        return f"{seconds:.0f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    return f"{minutes // 60}h {minutes % 60:02d}m"


def plural(count: int, noun: str) -> str:
    """`1 task`, `2 tasks`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
