"""Foreign text on a terminal: control characters are written out instead of taking effect.

A container's log, an engine's message, a label or a file's name can hold escape sequences that clear the screen, move
the cursor, set the window's title or fill the clipboard, and characters that reverse the reading direction.
"""

from __future__ import annotations

import re

RESET = "\x1b[0m"
# All control characters (C0, DEL, C1) but tab and line feed, and the bidirectional overrides and isolates of Unicode.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# Colours and weights: Select Graphic Rendition (ECMA-48, 8.3.117).
_COLOURS = re.compile(r"\x1b\[([0-9;:]*)m")
_COLOURS_OR_CONTROL = re.compile(f"{_COLOURS.pattern}|{_CONTROL.pattern}")
_CONCEAL = "8"
_INDEXED = "5"  # `38;5;8` is a colour: number 8 of the palette


def visible(text: str, *, keeps_colours: bool = False) -> str:
    """The text with control characters written as `\\x1b`; tabs and line feeds stay.

    keeps_colours: colour sequences take effect, to the end of their line at most; otherwise they are removed.
    """
    if not _CONTROL.search(text):
        return text
    if not keeps_colours:
        return _CONTROL.sub(_written_out, _COLOURS.sub("", text))
    lines = _COLOURS_OR_CONTROL.sub(_kept_or_written_out, text).split("\n")
    return "\n".join(line + RESET if "\x1b" in line and not line.endswith(RESET) else line for line in lines)


def one_line(text: str) -> str:
    """As `visible`, and line feeds and tabs are written out, too: for a cell of a table."""
    return visible(text).replace("\n", "\\n").replace("\t", " ")


def visible_json(text: str) -> str:
    """A JSON text with the control characters that JSON allows in texts as escapes; its value stays the same."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _kept_or_written_out(found: re.Match[str]) -> str:
    if found[1] is None:
        return _written_out(found)
    parameters = [one.lstrip("0") for one in found[1].replace(":", ";").split(";")]
    hides = any(
        one == _CONCEAL and (index == 0 or parameters[index - 1] != _INDEXED) for index, one in enumerate(parameters)
    )
    return "" if hides else found[0]
