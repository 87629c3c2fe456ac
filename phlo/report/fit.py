"""Long lines on a terminal: wrapped between words, so that the terminal does not break them anywhere."""

from __future__ import annotations

import re

from phlo.report.style import Style
from phlo.visible import RESET

_COLOURS = re.compile(r"\x1b\[[0-9;:]*m")
# A sign and a name in front of the text, with two blanks behind: what the text is wrapped below.
_HEAD = re.compile(r" *\S+(?: \S+)*? {2,}")


def fit(text: str, width: int) -> str:
    """The text with every line in at most `width` columns; a word that is longer than a line is broken.

    A line that goes on is indented below its text, which begins behind a sign and a name. rich is loaded only for
    lines that do not fit.
    """
    return "\n".join(line if _fits(line, width) else _wrapped(line, width) for line in text.split("\n"))


def _fits(line: str, width: int) -> bool:
    plain = _COLOURS.sub("", line) if "\x1b" in line else line
    return len(plain) <= width if plain.isascii() else _columns(plain) <= width


def _columns(plain: str) -> int:
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in plain)


def _wrapped(line: str, width: int) -> str:
    import io

    from rich.text import Text

    from phlo.report.drawing import console_for

    shown = Text.from_ansi(line)
    indent = _indent(shown.plain, width)
    console = console_for(io.StringIO(), Style(True, is_terminal=True), width=width)
    first, *_ = shown.wrap(console, width)
    rest = shown[len(first.plain) :]
    rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
    lines = [first, *(Text(" " * indent).append_text(one) for one in rest.wrap(console, max(width - indent, 1)))]
    with console.capture() as captured:
        for one in lines:
            one.rstrip()
            console.print(one, no_wrap=True, crop=False, overflow="ignore")
    found = captured.get().removesuffix("\n")
    return found + RESET if "\x1b" in found and not found.endswith(RESET) else found


def _indent(plain: str, width: int) -> int:
    head = _HEAD.match(plain)
    if head and head.end() <= width // 2:
        return head.end()
    return min(len(plain) - len(plain.lstrip()) + 2, width // 2)
