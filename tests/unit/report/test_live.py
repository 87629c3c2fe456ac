"""The live picture of a run, on a screen that shows what a person would see."""

from __future__ import annotations

import io
import os
import pty
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from rich.cells import cell_len
from rich.console import RenderableType

from phlo.report.drawing import drawn
from phlo.report.frame import Row, picture
from phlo.report.live import Live
from phlo.report.style import Style
from scripts.docs.screen import Screen


class Stream(io.TextIOWrapper):
    """The program's side of a terminal, which counts what it was given to write."""

    written = 0  # bytes, with the carriage returns that the terminal's driver adds

    def write(self, text: str, /) -> int:
        self.written += len(text.encode()) + text.count("\n")
        return super().write(text)


class Terminal:
    """A pseudo-terminal, and the screen of what is written to it.

    What the program writes at once appears on the screen at once, in however many parts it is read.
    """

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self._own, theirs = pty.openpty()
        self.screen = Screen(columns, rows)
        self.resize(columns, rows)
        self.stream = Stream(os.fdopen(theirs, "wb"), encoding="utf-8")
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def resize(self, columns: int, rows: int = 24) -> None:
        termios.tcsetwinsize(self._own, (rows, columns))
        self.screen.resize(columns)

    def _read(self) -> None:
        waiting, read = b"", 0
        while True:
            try:
                part = os.read(self._own, 65536)
            except OSError:  # the other side is closed
                return
            waiting, read = waiting + part, read + len(part)
            if read == self.stream.written:
                with self._changed:
                    self.screen.feed(waiting.decode().replace("\r\n", "\n"))
                    self._changed.notify_all()
                waiting = b""

    def shows(self, is_wanted: Callable[[str], bool]) -> str:
        """Wait until the screen is as wanted, and give its text."""
        with self._changed:
            assert self._changed.wait_for(lambda: is_wanted(self.screen.text), timeout=30), self.screen.text
            return self.screen.text

    def close(self) -> str:
        """The text of the screen at the end."""
        self.stream.close()
        self._reader.join()
        os.close(self._own)
        return self.screen.text


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    if not made.stream.closed:
        made.close()


class Pictures:
    """What the picture shows now; a test changes it while the picture is drawn."""

    def __init__(self, *rows: str) -> None:
        self.rows = rows

    def __call__(self, now: float, height: int) -> RenderableType:
        rows = [Row("", f"service-{number}", text, "1.0s") for number, text in enumerate(self.rows)]
        return picture("1/3 services", rows[: height - 1], now)


@contextmanager
def live(terminal: Terminal, pictures: Pictures) -> Iterator[Live]:
    with Live(terminal.stream, Style(True, is_terminal=True), pictures, clock=lambda: 0.0) as shown:
        yield shown


def test_the_picture_goes_and_the_lines_stay(terminal: Terminal) -> None:
    pictures = Pictures("building", "waiting")
    with live(terminal, pictures) as shown:
        terminal.shows(lambda text: "building" in text)
        shown.write("✓ first  done")
        pictures.rows = ("waiting",)
        text = terminal.shows(lambda text: "first" in text and "building" not in text)
        assert text.splitlines()[0] == "✓ first  done"
        assert text.count("services") == 1
        assert not terminal.screen.is_cursor_shown
        shown.write("✓ second  done")
    assert terminal.close() == "✓ first  done\n✓ second  done"
    assert terminal.screen.is_cursor_shown


@pytest.mark.parametrize("columns", [30, 47, 79])
def test_a_terminal_that_is_made_narrower_keeps_no_old_picture(terminal: Terminal, columns: int) -> None:
    pictures = Pictures("building", "waiting", "pulling")
    with live(terminal, pictures) as shown:
        shown.write("✓ first  done")
        terminal.shows(lambda text: "building" in text)
        with shown.held():  # nothing is drawn while the size changes
            terminal.resize(columns)
            pictures.rows = ("restarting",)
        shown.write("✓ second  done")
        text = terminal.shows(lambda text: "second" in text)
        assert text.splitlines()[:2] == ["✓ first  done", "✓ second  done"]
        assert text.count("services") == 1
        assert "building" not in text
    assert terminal.close() == "✓ first  done\n✓ second  done"


def test_long_lines_are_wrapped_between_words_and_leave_no_old_picture(terminal: Terminal) -> None:
    words = [f"cause-{number}" for number in range(40)]
    with live(terminal, Pictures("building")) as shown:
        terminal.shows(lambda text: "building" in text)
        shown.write("~ web  recreated " + " ".join(words))
        terminal.shows(lambda text: words[-1] in text)
    text = terminal.close()
    assert text.split() == ["~", "web", "recreated", *words]
    assert max(map(len, text.splitlines())) <= 80


def test_wide_and_foreign_text_fits_on_its_line(terminal: Terminal) -> None:
    with live(terminal, Pictures("東京サーバ" * 20, "[red]x[/red] \x1b[2J:smile:")):
        text = terminal.shows(lambda text: "services" in text)
    assert len(text.splitlines()) == 3
    assert max(map(cell_len, text.splitlines())) <= 80
    assert r"[red]x[/red] \x1b[2J:smile:" in text
    assert terminal.close() == ""


def test_a_run_that_is_over_at_once_draws_nothing(terminal: Terminal) -> None:
    with live(terminal, Pictures("building")) as shown:
        shown.write("✓ Nothing to do")
    assert terminal.close() == "✓ Nothing to do"


def test_a_terminal_that_is_closed_does_not_stop_the_run() -> None:
    own, theirs = pty.openpty()
    stream = os.fdopen(theirs, "w", encoding="utf-8")
    with Live(stream, Style(True, is_terminal=True), Pictures("building")) as shown:
        assert os.read(own, 1)  # the picture is drawn
        os.close(own)
        shown.write("✓ done")
    with pytest.raises(OSError, match="Input/output error"):
        stream.close()


@pytest.mark.parametrize("width", [12, 40, 80, 120])
def test_a_row_takes_one_line_of_any_terminal(width: int) -> None:
    rows = [Row("", "a-service-with-a-long-name" * 2, "step 3/9 RUN apt-get install " * 9, "3m 20s")]
    lines = drawn(picture("1/2 services", rows, 0.0), Style(width=width, is_terminal=True)).splitlines()
    assert len(lines) == 2
    assert max(map(cell_len, lines)) <= width
