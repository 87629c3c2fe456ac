"""Run a script of the control machine on the host, or in a service's container."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from phlo.bounded import MOST_CONFIGURATION_BYTES, read_file
from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.operations.command_result import ended_badly
from phlo.operations.fields import injected, positional
from phlo.operations.location import location_of
from phlo.operations.run_here import Invocation, exists, nothing_run
from phlo.values import Change, Secret, Text, reveal

IS_FOR_HOSTS = True

# $1: what runs the script, "" for what its first line says. The others: its words. It comes as the input.
_RUN = """
file=$(mktemp "${TMPDIR:-/tmp}/phlo-script.XXXXXXXX") || exit 1
trap 'rm -f "$file"' EXIT
cat > "$file" && chmod 700 "$file" || exit 1
with=$1; shift
if [ -n "$with" ]; then $with "$file" "$@" </dev/null; else "$file" "$@" </dev/null; fi
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """cmd: the script and its arguments; it is looked for in the role's files/ and beside the task file.
    executable: what runs it, such as `python3`; default: what its first line says.
    environment: further environment variables.
    chdir: the folder to run it in.
    creates: a path, or a pattern of paths; when there is one, nothing is run.
    removes: a path, or a pattern of paths; when there is none, nothing is run.
    timeout_seconds: how long it may take.
    service: the service in whose container it runs; in a role of a service the role's own.
    container: a container's name instead of a service's.
    """

    cmd: str | Secret = positional()
    executable: str = ""
    environment: Mapping[str, str | Secret] = field(default_factory=dict)
    chdir: str = ""
    creates: str | None = None
    removes: str | None = None
    timeout_seconds: float | None = None
    service: str = ""
    container: str | None = None
    project: str = injected("project")
    own_service: str = injected("service")
    root: Path = injected("root")
    clock: Callable[[], float] = injected("clock")
    find_file: Callable[[str, str], Path] = injected("find_file")
    decrypted: Callable[[bytes, Path], bytes | Secret] = injected("decrypted")

    def __post_init__(self) -> None:
        if not shlex.split(reveal(self.cmd)):
            raise ValueError("the script is missing")

    @property
    def words(self) -> list[str]:
        """The script and its arguments."""
        return shlex.split(reveal(self.cmd))

    @property
    def shown(self) -> str:
        return "***" if isinstance(self.cmd, Secret) else self.cmd

    def invocation(self, argv: tuple[Text, ...]) -> Invocation:
        return Invocation(
            argv=argv,
            environment=self.environment,
            chdir=self.chdir,
            timeout_seconds=self.timeout_seconds,
            clock=self.clock,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """content: the script's. done: why nothing needs to be run, "" when it does."""

    content: bytes
    done: str = ""


def observe(args: Args, host: ReadHost) -> Seen:
    """Read the script, and see whether there is anything to run."""
    path = args.find_file(args.words[0], "files")
    try:
        found = args.decrypted(read_file(path, MOST_CONFIGURATION_BYTES), path)
    except OSError as reason:
        raise OperationError(f"cannot be read: {reason.strerror}", where=path) from None
    content = reveal(found).encode() if isinstance(found, Secret) else found
    location, near = location_of(args, host, where="script"), args.invocation(())
    if args.creates is not None and exists(args.creates, near, location):
        return Seen(content=content, done=f"{args.creates} exists")
    if args.removes is not None and not exists(args.removes, near, location):
        return Seen(content=content, done=f"{args.removes} does not exist")
    return Seen(content=content)


def decide(args: Args, seen: Seen) -> list[Change]:
    if seen.done:
        return []
    return [Change(at=f"script:{args.shown}", verb="run", causes=("asked for",))]


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps when nothing is run."""
    return nothing_run(args.shown, seen.done)


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Send the script and run it to its end; a status other than 0 is an error."""
    location = location_of(args, host, where="script")
    argv = ("sh", "-c", _RUN, "phlo", args.executable, *args.words[1:])
    result, times = args.invocation(argv).run(location, stdin=seen.content)
    found = {**result.facts(), **times, "msg": ""}
    if result.code != 0:
        raise ended_badly((args.shown,), result, where=location.name, facts=found)
    return found
