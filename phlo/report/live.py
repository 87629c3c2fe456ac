"""A run on a terminal: a picture that is drawn again ten times a second, and the plain lines when it is over."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import TextIO

from phlo.report.frame import frame
from phlo.report.lines import Lines
from phlo.report.style import Style
from phlo.values import Event, Step

FIRST_FRAME_SECONDS = 0.25
FRAME_SECONDS = 0.1

_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_CLEAR_LINE, _CLEAR_BELOW = "\x1b[K", "\x1b[J"


class Live:
    """Shows a run while it goes on; use it as a context manager. It takes events from any thread.

    Nothing is drawn in a run that is over within the first quarter of a second. Lines (what changed, what
    failed) are kept and written once the picture is gone; failures at once, above it.
    """

    def __init__(
        self,
        stream: TextIO,
        style: Style,
        steps: Iterable[Step] = (),
        *,
        verbosity: int = 0,
        is_full: bool = False,
        is_check: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._stream = stream
        self._style = style
        self._clock = clock
        self._lines = Lines(self._write_above, style, steps, verbosity=verbosity, is_full=is_full, is_check=is_check)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._painter = threading.Thread(target=self._paint_until_over, name="phlo-live", daemon=True)
        self._height = 0
        self._above: list[str] = []

    def __enter__(self) -> Live:
        self._painter.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._painter.join()
        with self._lock:
            self._stream.write(self._erased())
            self._flush_above()
            self._stream.flush()

    def __call__(self, event: Event) -> None:
        with self._lock:
            if event.kind == "step_progress":
                self._lines.state.take(event)  # the picture shows progress; a line for it would only scroll
            else:
                self._lines(event)

    def _write_above(self, line: str) -> None:
        self._above.append(line)

    def _flush_above(self) -> None:
        for line in self._above:
            self._stream.write(line + "\n")
        self._above.clear()

    def _paint_until_over(self) -> None:
        pause = FIRST_FRAME_SECONDS
        while not self._over.wait(pause):
            pause = FRAME_SECONDS
            with self._lock:
                self._paint()

    def _paint(self) -> None:
        """Lines that came meanwhile, then the picture below them, in one write so that nothing flickers."""
        columns, rows = self._size()
        self._style.width = columns
        lines = frame(self._lines.state, self._clock(), self._style, rows)
        text = self._up() + _HIDE_CURSOR
        text += "".join(f"{line}{_CLEAR_LINE}\n" for line in [*self._above, *lines]) + _CLEAR_BELOW
        self._above.clear()
        self._height = len(lines)
        self._stream.write(text)
        self._stream.flush()

    def _erased(self) -> str:
        text = self._up() + _CLEAR_BELOW + _SHOW_CURSOR if self._height else ""
        self._height = 0
        return text

    def _up(self) -> str:
        return f"\r\x1b[{self._height}A" if self._height else ""

    def _size(self) -> tuple[int, int]:
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            return self._style.width, 24
        return size.columns or self._style.width, size.lines or 24
