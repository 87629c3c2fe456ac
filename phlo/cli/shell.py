"""What surrounds a command: its streams, environment and folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from phlo.report.fit import fit
from phlo.report.style import Style, style_for, terminal_width
from phlo.visible import visible, visible_json


class Shell(NamedTuple):
    """out: for results. err: for progress and errors. cwd: the folder phlo was called in.

    words: the command line behind `phlo`; empty when somebody else (invoke) read it.
    losses: the outputs that could not be written, each with the reason; None: they are not collected.
    """

    out: TextIO
    err: TextIO
    input: TextIO
    environ: Mapping[str, str]
    cwd: Path
    words: tuple[str, ...] = ()
    losses: list[tuple[str, OSError]] | None = None

    @classmethod
    def of_process(cls, words: Sequence[str] = ()) -> Shell:
        import os

        return cls(sys.stdout, sys.stderr, sys.stdin, os.environ, Path.cwd(), tuple(words), [])

    def style(self, options: Any, *, err: bool = False) -> Style:
        """The colours to use on `out` (or `err`)."""
        return style_for(self.err if err else self.out, self.environ, no_color=getattr(options, "no_color", False))

    def say(self, text: str) -> None:
        """Print a result; control characters of foreign text in it take no effect (`phlo.visible`)."""
        self.out.write(_shown(text, self.out) + "\n")

    def tell(self, text: str) -> None:
        """Print progress, a warning or an error; control characters of foreign text in it take no effect.

        On a terminal, long lines are wrapped between words.
        A command that is half-way through its work goes on when nobody can read it: what cannot be written is lost,
        and but for a reader that has gone, the command ends with an error (`losses`).
        """
        self._put(self._fitted(_shown(text, self.err), self.err), self.err, "standard error")

    def _put(self, text: str, stream: TextIO, name: str) -> None:
        try:
            stream.write(f"{text}\n")
            stream.flush()
        except BrokenPipeError:
            redirect_to_devnull(stream)
        except OSError as reason:
            self.lost(name, reason)
            redirect_to_devnull(stream)

    def stream(self, text: str) -> None:
        """Print a line for a program while the command goes on; it is lost if nobody can read it."""
        self._put(_shown(text, self.out), self.out, "standard output")

    def report(self, text: str) -> None:
        """Print a part of a result for people while the command goes on: wrapped, and lost if nobody can read it."""
        self._put(self._fitted(_shown(text, self.out), self.out), self.out, "standard output")

    def _fitted(self, text: str, stream: TextIO) -> str:
        return fit(text, terminal_width(stream, self.environ)) if stream.isatty() else text

    def lost(self, name: str, reason: OSError) -> None:
        """Note that an output could not be written."""
        if self.losses is not None:
            self.losses.append((name, reason))

    def ask(self, question: str) -> str:
        """Print a question, and read the line that answers it."""
        self.err.write(f"{_shown(question.rstrip(), self.err)} ")
        self.err.flush()
        return self.input.readline().rstrip("\n")

    def say_json(self, data: Any) -> None:
        import json

        self.say(visible_json(json.dumps(data, indent=2, ensure_ascii=False, default=str)))


def _shown(text: str, stream: TextIO) -> str:
    return visible(text, keeps_colours=stream.isatty())


def redirect_to_devnull(stream: TextIO) -> None:
    """Anyone who read a stream has gone: write to it without a complaint, at exit as well."""
    import os

    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
    except (OSError, ValueError):
        return
