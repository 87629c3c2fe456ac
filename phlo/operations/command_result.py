"""What a command that has ended gave, and the error when that is not what was asked for."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from phlo.bounded import last_lines
from phlo.errors import OperationError
from phlo.hosts.commands import CommandResult
from phlo.values import Secret, Text, reveal

LINES_SHOWN = 10


class TaskFailedError(OperationError):
    """A step that failed and still has something to tell; `facts` is what `register` keeps of it."""

    def __init__(
        self, what: str, *, where: object = "", fix: str = "", detail: Sequence[str] = (), facts: Mapping[str, Any]
    ) -> None:
        super().__init__(what, where=where, fix=fix, detail=detail)
        self.facts = dict(facts)


def ended_badly(
    command: Sequence[Text],
    result: CommandResult,
    *,
    where: object,
    only_reads: bool = False,
    facts: Mapping[str, Any] | None = None,
) -> TaskFailedError:
    """The error for a command whose exit status is not 0, with the last lines it wrote.

    facts: what else `register` keeps.
    Unless it only reads, `register` keeps that it changed something: nobody knows what it did before it failed.
    """
    lines = [*last_lines(result.stdout, LINES_SHOWN), *last_lines(result.stderr, LINES_SHOWN)][-LINES_SHOWN:]
    what = f"ended with status {result.code}: {shown(command)}"
    found = {**result.facts(), "changed": not only_reads, "cmd": shown(command), **(facts or {})}
    return TaskFailedError(what, where=where, detail=lines, facts={**found, "msg": "non-zero return code"})


def shown(command: Sequence[Text]) -> str:
    """A command as it may be shown: secrets masked."""
    return " ".join("***" if isinstance(part, Secret) else shlex.quote(part) for part in command)


def argv_of(command: tuple[Text, ...] | Text, *, is_shell: bool) -> tuple[Text, ...]:
    """The words of a command: a list as it is, a text split as a shell splits it, or handed to a shell.

    Raises ValueError for quotes that do not end.
    """
    if isinstance(command, tuple):
        return command
    if is_shell:
        return ("/bin/sh", "-c", command)
    words = shlex.split(reveal(command))
    return tuple(Secret(word) for word in words) if isinstance(command, Secret) else tuple(words)
