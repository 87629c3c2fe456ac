"""A run on a terminal: a picture of what is under way, drawn ten times a second, and finished lines above it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, TextIO, cast

from phlo.report.fit import fit
from phlo.report.style import Style
from phlo.visible import visible

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.live import Live as RichLive

FIRST_FRAME_SECONDS = 0.25
FRAME_SECONDS = 0.1

# Gives the picture for a moment (seconds since the epoch), at most so many lines high.
Picture = Callable[[float, int], "RenderableType"]


class Live:
    """Draws a picture on a terminal while a run goes on; use it as a context manager.

    Nothing is drawn in a run that ends within the first quarter of a second. Lines are written above the picture, or
    when it is gone. Anyone who changes what the picture shows holds the lock (`held`). A terminal that was closed takes
    nothing, and the run goes on without it.
    """

    def __init__(
        self, stream: TextIO, style: Style, picture: Picture, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._stream = stream
        self._style = style
        self._picture = picture
        self._clock = clock
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._painter = threading.Thread(target=self._paint_until_over, name="phlo-live", daemon=True)
        self._lines: list[str] = []
        self._screen: _Screen | None = None

    def __enter__(self) -> Live:
        self._painter.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._painter.join()
        with self._lock:
            self._close()

    def _close(self) -> None:
        """Take the picture away, if there is one, and write the lines."""
        if self._screen:
            self._screen.close(self._lines)
        elif self._lines:
            columns, _rows = terminal_size(self._stream, self._style)
            _Tolerant(self._stream).write("".join(f"{fit(line, columns)}\n" for line in self._lines))
            _Tolerant(self._stream).flush()
        self._screen, self._lines = None, []

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the picture from being drawn meanwhile."""
        with self._lock:
            yield

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the picture away meanwhile, so that something else can use the terminal."""
        with self._lock:
            self._close()
            yield

    def write(self, text: str) -> None:
        """Write lines above the picture, the next time that it is drawn."""
        with self._lock:
            self._lines.append(visible(text, keeps_colours=True))

    def _paint_until_over(self) -> None:
        pause = FIRST_FRAME_SECONDS
        while not self._over.wait(pause):
            pause = FRAME_SECONDS
            with self._lock:
                if self._screen is None:
                    self._screen = _Screen(self._stream, self._style)
                self._screen.paint(self._lines, self._picture, self._clock())
                self._lines = []


class _Screen:
    """The picture on the terminal, and how much room it takes there."""

    def __init__(self, stream: TextIO, style: Style) -> None:
        from rich.live import Live as RichLive

        from phlo.report.drawing import console_for

        self._stream = stream
        self._style = style
        self._console: Console = console_for(cast(IO[str], _Tolerant(stream)), style)
        self._live: RichLive = RichLive(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )
        self._shown = _Measured("")
        self._live.start()

    def paint(self, lines: list[str], picture: Picture, now: float) -> None:
        """Write the lines, then the picture below them, in one write so that nothing flickers."""
        columns, rows = self._take_size()
        with self._console:
            self._print(lines, columns)
            self._shown = _Measured(picture(now, max(rows - 1, 1)))
            self._live.update(self._shown, refresh=True)

    def close(self, lines: list[str]) -> None:
        """Take the picture away, and write the last lines in its place."""
        columns, _ = self._take_size()
        with self._console:
            self._shown = _Measured("")
            self._live.update(self._shown, refresh=True)
            self._live.stop()
            self._print(lines, columns)

    def _print(self, lines: list[str], columns: int) -> None:
        from rich.text import Text

        if lines:
            text = Text.from_ansi("\n".join(fit(line, columns) for line in lines))
            self._console.print(text, no_wrap=True, overflow="ignore", crop=False)

    def _take_size(self) -> tuple[int, int]:
        """The terminal's columns and rows; a picture that has become too wide is taken away where it ends now.

        A terminal that was made narrower has wrapped the lines of the picture: they take more rows than were drawn.
        """
        from rich.console import ConsoleDimensions
        from rich.control import Control
        from rich.segment import ControlType

        columns, rows = terminal_size(self._stream, self._style)
        wrapped = sum(max(width - 1, 0) // columns for width in self._shown.widths)
        self._console.size = ConsoleDimensions(columns, rows)
        if wrapped:
            up: tuple[Any, ...] = ((ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1))
            self._console.control(Control(ControlType.CARRIAGE_RETURN, *up * wrapped))
        return columns, rows


class _Measured:
    """A picture that remembers how wide each of its lines was drawn."""

    def __init__(self, renderable: RenderableType) -> None:
        self._renderable = renderable
        self.widths: list[int] = []

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.segment import Segment

        lines = console.render_lines(self._renderable, options, pad=False)
        self.widths = [Segment.get_line_length(line) for line in lines]
        for line in lines:
            yield from line
            yield Segment.line()


class _Tolerant:
    """A stream that takes nothing any more once it was closed, without a complaint."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except OSError:
            return

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            return

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()


def terminal_size(stream: TextIO, style: Style) -> tuple[int, int]:
    """Columns and rows, as they are now."""
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return style.width, 24
    return size.columns or style.width, size.lines or 24
