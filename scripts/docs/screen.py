"""A terminal's screen, from what a program wrote on it: for recordings in the documentation, and for tests.

It knows the sequences that phlo writes, and raises ValueError for any other. Like most terminals it wraps its lines
again when its width changes. Source: ECMA-48.
"""

from __future__ import annotations

import re

from rich.cells import cell_len

_SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;:]*)([A-Za-z])")


class Screen:
    """Everything that was written, what scrolled away included; `height` rows of it can be reached by the cursor."""

    def __init__(self, columns: int = 80, height: int = 24) -> None:
        self.columns = columns
        self.height = height
        self.is_cursor_shown = True
        self._rows: list[list[str]] = [[]]
        self._goes_on: list[bool] = [False]  # whether a row was wrapped into the next one
        self._row = 0
        self._column = 0

    @property
    def text(self) -> str:
        """The rows, without blanks at their ends and empty rows at the end."""
        return "\n".join("".join(row).rstrip() for row in self._rows).rstrip("\n")

    def feed(self, text: str) -> None:
        """Take what a program writes."""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                found = _SEQUENCE.match(text, at)
                if found is None:
                    raise ValueError(f"unknown sequence {text[at : at + 12]!r}")
                self._control(*found.groups())
                at = found.end()
                continue
            self._take(text[at])
            at += 1

    def resize(self, columns: int) -> None:
        """Make the screen narrower or wider; lines that were wrapped are wrapped again."""
        lines: list[list[str]] = []
        is_new = True
        position = (0, 0)
        for index, row in enumerate(self._rows):
            if is_new:
                lines.append([])
            if index == self._row:
                position = (len(lines) - 1, len(lines[-1]) + self._column)
            lines[-1] += row
            is_new = not self._goes_on[index]
        self.columns, self._rows, self._goes_on = columns, [], []
        for number, line in enumerate(lines):
            pieces = [line[start : start + columns] for start in range(0, len(line), columns)] or [[]]
            if number == position[0]:
                part = min(position[1] // columns, len(pieces) - 1)
                self._row, self._column = len(self._rows) + part, position[1] - part * columns
            self._rows += pieces
            self._goes_on += [True] * (len(pieces) - 1) + [False]

    def _take(self, one: str) -> None:
        if one == "\n":
            self._row += 1
            self._column = 0  # the terminal's driver adds the carriage return
            self._make_row()
        elif one == "\r":
            self._column = 0
        elif one == "\t":
            for _ in range(8 - self._column % 8):
                self._put(" ", 1)
        elif one < " " or one == "\x7f":
            raise ValueError(f"unknown control character {one!r}")
        else:
            self._put(one, cell_len(one))

    def _put(self, one: str, width: int) -> None:
        if self._column + width > self.columns:
            self._goes_on[self._row] = True
            self._row += 1
            self._column = 0
            self._make_row()
        row = self._rows[self._row]
        row += [" "] * (self._column + width - len(row))
        row[self._column : self._column + width] = [one, *[""] * (width - 1)]
        self._column += width

    def _make_row(self) -> None:
        if self._row == len(self._rows):
            self._rows.append([])
            self._goes_on.append(False)

    def _control(self, private: str, parameters: str, kind: str) -> None:
        if kind == "m" and not private:
            return
        if private and kind in "hl" and parameters == "25":
            self.is_cursor_shown = kind == "h"
        elif kind == "A" and not private:
            self._row = max(self._row - int(parameters or 1), len(self._rows) - self.height, 0)
        elif kind == "K" and parameters == "2":
            self._rows[self._row], self._goes_on[self._row] = [], False
        else:
            raise ValueError(f"unknown sequence CSI {private}{parameters}{kind}")
