"""What surrounds a command: its streams, environment and folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from phlo.report.style import Style, style_for


class Shell(NamedTuple):
    """out: for results. err: for progress and errors. cwd: the folder phlo was called in.

    words: the command line behind `phlo`; empty when somebody else (invoke) read it.
    """

    out: TextIO
    err: TextIO
    input: TextIO
    environ: Mapping[str, str]
    cwd: Path
    words: tuple[str, ...] = ()

    @classmethod
    def of_process(cls, words: Sequence[str] = ()) -> Shell:
        import os

        return cls(sys.stdout, sys.stderr, sys.stdin, os.environ, Path.cwd(), tuple(words))

    def style(self, options: Any, *, err: bool = False) -> Style:
        """The colours to use on `out` (or `err`)."""
        return style_for(self.err if err else self.out, self.environ, no_color=getattr(options, "no_color", False))

    def say(self, text: str) -> None:
        """Print a result."""
        self.out.write(text + "\n")

    def tell(self, text: str) -> None:
        """Print progress, a warning or an error."""
        self.err.write(text + "\n")
        self.err.flush()

    def say_json(self, data: Any) -> None:
        import json

        self.say(json.dumps(data, indent=2, ensure_ascii=False, default=str))


def lead_nowhere(stream: TextIO) -> None:
    """Whoever read a stream has gone: write to it without a complaint, at exit as well."""
    import os

    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
    except (OSError, ValueError):
        return
