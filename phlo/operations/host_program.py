"""Programs of a host that an operation runs to look at the host, or to change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.bounded import MOST_OUTPUT_BYTES
from phlo.errors import OperationError
from phlo.hosts.commands import CommandResult
from phlo.hosts.transport import Output
from phlo.operations.command_result import ended_badly
from phlo.operations.location import Location

# Programs of the system are not in the PATH of every user who signs in.
SYSTEM_PATH = "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin\n"
_IN_ENGLISH = {"LC_ALL": "C", "LANGUAGE": "C"}


def ask(location: Location, script: str, *words: str, most_bytes: int = MOST_OUTPUT_BYTES) -> str:
    """What a shell's script that only reads printed, in English. Raises OperationError when it fails."""
    done = _run(location, script, words, b"", {}, most_bytes)
    if done.code != 0:
        raise OperationError(done.complaint or f"a shell ended with status {done.code}", where=location.name)
    return done.text


def change(
    location: Location,
    argv: tuple[str, ...],
    *,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> CommandResult:
    """Run a program that changes the host, with the programs of the system in its PATH.

    facts: what `register` keeps besides when it fails. Raises TaskFailedError when its exit status is not 0.
    """
    done = _run(location, 'exec "$@"', argv, stdin, environment or {}, MOST_OUTPUT_BYTES)
    result = CommandResult(
        code=done.code,
        stdout=done.stdout.decode(errors="replace"),
        stderr=done.stderr.decode(errors="replace"),
        is_truncated=done.is_truncated,
    )
    if result.code != 0:
        raise ended_badly(argv, result, where=location.name, facts=facts)
    return result


def _run(
    location: Location,
    script: str,
    words: tuple[str, ...],
    stdin: bytes,
    environment: Mapping[str, str],
    most_bytes: int,
) -> Output:
    argv = ("sh", "-c", SYSTEM_PATH + script, "phlo", *words)
    try:
        return location.run(argv, stdin=stdin, environment={**_IN_ENGLISH, **environment}, most_bytes=most_bytes)
    except OSError as reason:
        raise OperationError(f"has no shell ({reason.strerror})", where=location.name) from None
