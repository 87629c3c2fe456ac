"""A command where an operation works: its words as Ansible expands them, its input, and what `register` keeps of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from phlo.bounded import last_lines
from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.commands import CommandResult
from phlo.hosts.transport import Output
from phlo.operations.command_result import LINES_SHOWN, shown
from phlo.operations.location import Location
from phlo.programs import ProgramTimeoutError
from phlo.values import Text, reveal

_NAME = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})")
# $1: a path or a pattern of paths. Ends with 0 when there is one.
_EXISTS = """
case $1 in "~"|"~/"*) set -- "$HOME${1#"~"}";; esac
IFS=
for one in $1; do if [ -e "$one" ] || [ -L "$one" ]; then exit 0; fi; done
exit 3
"""
_NOT_THERE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A command. chdir: the folder it runs in.

    adds_newline: end its input with an end of line. expands: replace `$NAME` and `~` in its words.
    """

    argv: tuple[Text, ...]
    environment: Mapping[str, Text] = field(default_factory=dict)
    chdir: str = ""
    stdin: Text | None = None
    adds_newline: bool = True
    expands: bool = False
    timeout_seconds: float | None = None
    clock: Callable[[], float]

    def folder(self, location: Location) -> str:
        """The folder it runs in."""
        return str(Path(location.folder) / Path(self.chdir).expanduser()) if location.folder else self.chdir

    def run(self, location: Location, *, stdin: bytes | None = None) -> tuple[CommandResult, dict[str, str]]:
        """Run it to its end; the result, and when it started and ended. Raises PhloError when it cannot be run.

        stdin: what it reads; None: as the arguments say.
        """
        words = tuple(reveal(part) for part in self.argv)
        began = self.clock()
        given = self.input() if stdin is None else stdin
        done = _bounded(self, location, _expanded(words) if self.expands else words, given)
        ended = self.clock()
        result = CommandResult(
            code=done.code,
            stdout=done.stdout.decode(errors="replace"),
            stderr=done.stderr.decode(errors="replace"),
            is_truncated=done.is_truncated,
        )
        times = {"start": _time(began), "end": _time(ended), "delta": _duration(ended - began)}
        return result, times

    def input(self) -> bytes:
        text = reveal(self.stdin or "")
        return (f"{text}\n" if text and self.adds_newline and not text.endswith("\n") else text).encode()


def exists(pattern: str, near: Invocation, location: Location) -> bool:
    """Whether a path is there that a pattern means, relative to the folder of a command."""
    done = _bounded(near, location, ("sh", "-c", _EXISTS, "phlo", pattern))
    if done.code not in (0, _NOT_THERE):
        raise OperationError(done.complaint or f"{pattern} cannot be looked for", where=location.name)
    return done.code == 0


def nothing_run(cmd: Any, why: str) -> dict[str, Any]:
    """What `register` keeps of a command that was not run. why: `PATH exists`, or the like."""
    path, _, rest = why.partition(" ")
    times = {"start": None, "end": None, "delta": None}
    result = CommandResult(code=0, stdout=f"skipped, since {why}")
    return {**result.facts(), **times, "cmd": cmd, "msg": f"Did not run command since '{path}' {rest}"}


def _bounded(command: Invocation, location: Location, argv: tuple[str, ...], stdin: bytes = b"") -> Output:
    try:
        return location.run(
            argv,
            stdin=stdin,
            environment={name: reveal(text) for name, text in command.environment.items()},
            chdir=command.folder(location),
            timeout_seconds=command.timeout_seconds,
        )
    except ProgramTimeoutError as reason:
        lines = last_lines(reason.stdout.text() + reason.stderr.text(), LINES_SHOWN)
        what = f"{reason}: {shown(command.argv)}"
        raise OperationError(what, where=location.name, fix=reason.fix, detail=lines) from None
    except OSError as reason:
        what = f"cannot be run ({reason.strerror}): {shown(command.argv)}"
        raise OperationError(what, where=location.name) from None


def _expanded(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words, in a shell that replaces `~`, and `$NAME` where it has a value, and nothing else."""
    if not any(_NAME.search(word) or word.startswith("~") for word in words):
        return words
    return ("sh", "-c", f"exec {' '.join(map(_quoted, words))}")


def _quoted(word: str) -> str:
    start = ""
    if word == "~" or word.startswith("~/"):
        start, word = '"$HOME"', word[1:]
    parts, end = [start], 0
    for found in _NAME.finditer(word):
        name, whole = found[1] or found[2], found[0].replace("{", "").replace("}", "")
        parts += [shlex.quote(word[end : found.start()]), f'"${{{name}-\\{whole}}}"']
        end = found.end()
    return "".join([*parts, shlex.quote(word[end:])])


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M:%S.%f}"


def _duration(seconds: float) -> str:
    text = str(timedelta(seconds=max(seconds, 0.0)))
    return text if "." in text else f"{text}.000000"
