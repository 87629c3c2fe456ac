"""Run a command in a service's container."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from phlo.bounded import Excerpt
from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.commands import CommandResult, run_command
from phlo.hosts.engine import CommandTimeoutError
from phlo.hosts.host import Host, ReadHost
from phlo.operations.command_result import argv_of, ended_badly, shown
from phlo.operations.fields import injected, positional
from phlo.operations.service_container import Target, find_target
from phlo.values import Change, Secret, Text, reveal


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """command: what to run; a list as it is, a text split into words as a shell does.
    service: the service to run it in; in a role's tasks the role's own.
    container: a container's name instead of a service's.
    shell: hand the command to /bin/sh, so that pipes and variables work.
    environment: further environment variables.
    user: the user, or user:group, to run it as.
    chdir: the folder to run it in.
    stdin: a text that it reads.
    stdin_file: a file of the control machine that it reads.
    stdout_file: a file of the control machine that what it prints is written to, readable by the user alone.
    creates: a path in the container; when it is there, nothing is run.
    unless: a command; when it ends with status 0, nothing is run. It must only read: check mode runs it, too.
    reads: the command changes nothing; then it runs in check mode, too, and is never a change.
    interactive: connect it to this terminal.
    timeout_seconds: how long it may take.
    """

    command: tuple[str | Secret, ...] | str | Secret = positional()
    service: str = ""
    container: str | None = None
    shell: bool = False
    environment: Mapping[str, str | Secret] = field(default_factory=dict)
    user: str = ""
    chdir: str = ""
    stdin: str | Secret | None = None
    stdin_file: Path | None = None
    stdout_file: Path | None = None
    creates: str | None = None
    unless: tuple[str | Secret, ...] | str | Secret | None = None
    reads: bool = False
    interactive: bool = False
    timeout_seconds: float | None = None
    project: str = injected("project")
    own_service: str = injected("service")
    folder: Path = injected("folder")

    def __post_init__(self) -> None:
        if not self.argv:
            raise ValueError("the command is empty")
        if self.stdin is not None and self.stdin_file is not None:
            raise ValueError("stdin and stdin_file exclude each other")

    @property
    def argv(self) -> tuple[Text, ...]:
        return argv_of(self.command, is_shell=self.shell)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """done: why nothing needs to be run, "" when it does. result: of a command that only reads."""

    target: Target
    done: str = ""
    result: CommandResult | None = None


def observe(args: Args, host: ReadHost) -> Seen:
    """Find the container, and see whether there is anything to run; a command that only reads is run."""
    target = _target(args, host)
    if args.creates is not None:
        path = f"/containers/{target.id}/archive"
        if host.engine.head(path, path=args.creates) is not None:
            return Seen(target=target, done=f"{args.creates} is there")
    if args.unless is not None:
        unless = argv_of(args.unless, is_shell=isinstance(args.unless, (str, Secret)))
        if _query(args, unless, target, host).code == 0:
            return Seen(target=target, done="`unless` holds")
    if args.reads:
        result = _query(args, args.argv, target, host)
        if result.code != 0:
            raise ended_badly(args.argv, result, where=f"{host.name} {target.name}", only_reads=True)
        return Seen(target=target, done="it only reads", result=result)
    return Seen(target=target)


def decide(args: Args, seen: Seen) -> list[Change]:
    if seen.done:
        return []
    cause = f"{args.creates} is not there" if args.creates else "`unless` does not hold" if args.unless else "asked for"
    return [Change(at=f"command:{shown(args.argv)}", verb="run", causes=(cause,))]


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps when nothing is run."""
    if seen.result is not None:
        return {**seen.result.facts(), "cmd": shown(args.argv)}
    return {**CommandResult(code=0).facts(), "cmd": shown(args.argv), "msg": seen.done}


def apply(change: Change, args: Args, seen: Seen, host: Host) -> Mapping[str, Any]:
    """Run it to its end; a status other than 0 is an error."""
    where = f"{host.name} {seen.target.name}"
    try:
        result = _interactive(args, seen.target, host) if args.interactive else _run(args, seen.target, host)
    except CommandTimeoutError:
        fix = "Give it a longer `timeout_seconds`."
        raise OperationError(
            f"did not end within {args.timeout_seconds:g} s: {shown(args.argv)}", where=where, fix=fix
        ) from None
    if result.code != 0:
        raise ended_badly(args.argv, result, where=where)
    return {**result.facts(), "cmd": shown(args.argv)}


def _run(args: Args, target: Target, host: Host) -> CommandResult:
    error = Excerpt()
    with _input(args) as stdin, _output(args) as (stdout, collected):
        code = run_command(
            host.engine,
            target.id,
            [reveal(part) for part in args.argv],
            environment={name: reveal(text) for name, text in args.environment.items()},
            stdin=stdin,
            stdout=stdout,
            stderr=error.add,
            user=args.user,
            working_dir=args.chdir,
            timeout_seconds=args.timeout_seconds,
        )
        if code != 0 and args.stdout_file is not None:
            # Raised here, so that a file from before stays as it was.
            result = CommandResult.of(code, collected, error)
            raise ended_badly(args.argv, result, where=f"{host.name} {target.name}")
    return CommandResult.of(code, collected, error)


def _interactive(args: Args, target: Target, host: Host) -> CommandResult:
    from phlo.hosts.terminal import run_attached

    code = run_attached(
        host.engine,
        target.id,
        [reveal(part) for part in args.argv],
        is_terminal=sys.stdin.isatty() and sys.stdout.isatty(),
        stdin=sys.stdin.buffer,
        stdout=sys.stdout.buffer,
        stderr=sys.stderr.buffer,
        user=args.user,
        working_dir=args.chdir,
        environment={name: reveal(text) for name, text in args.environment.items()},
    )
    return CommandResult(code=code)


@contextmanager
def _input(args: Args) -> Iterator[BinaryIO | None]:
    if args.stdin is not None:
        yield io.BytesIO(reveal(args.stdin).encode())
    elif args.stdin_file is not None:
        path = args.folder / args.stdin_file
        try:
            stream = path.open("rb")
        except OSError as reason:
            raise OperationError(f"cannot be read: {reason.strerror}", where=path) from None
        with stream:
            yield stream
    else:
        yield None


@contextmanager
def _output(args: Args) -> Iterator[tuple[Callable[[bytes], object], Excerpt]]:
    """Where its output goes, and what of it is kept; a file is there only once the command has ended well."""
    collected = Excerpt()
    if args.stdout_file is None:
        yield collected.add, collected
        return
    from phlo.operations.local_file import written

    with written(args.folder / args.stdout_file, mode=0o600) as stream:
        yield stream.write, collected


def _query(args: Args, command: tuple[Text, ...], target: Target, host: ReadHost) -> CommandResult:
    try:
        return host.query(
            target.id,
            [reveal(part) for part in command],
            environment={name: reveal(text) for name, text in args.environment.items()},
            user=args.user,
            working_dir=args.chdir,
            timeout_seconds=args.timeout_seconds,
        )
    except CommandTimeoutError:
        what = f"did not end within {args.timeout_seconds:g} s: {shown(command)}"
        raise OperationError(what, where=f"{host.name} {target.name}") from None


def _target(args: Args, host: ReadHost) -> Target:
    return find_target(args.project, args.service or args.own_service, args.container, host, where="exec")
