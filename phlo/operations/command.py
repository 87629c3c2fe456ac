"""Run a command on the control machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.commands import CommandResult
from phlo.hosts.host import Host, ReadHost
from phlo.operations.command_result import argv_of, ended_badly, shown
from phlo.operations.fields import given, main
from phlo.values import Change, Secret, Text, reveal


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """command: what to run; a list as it is, a text split into words as a shell does.
    shell: hand the command to /bin/sh, so that pipes and variables work.
    environment: further environment variables.
    chdir: the folder to run it in; default: the project's.
    stdin: a text that it reads.
    creates: a path on the control machine; when it is there, nothing is run.
    unless: a command; when it ends with status 0, nothing is run. It must only read: check mode runs it, too.
    reads: the command changes nothing; then it runs in check mode, too, and is never a change.
    timeout_seconds: how long it may take.
    """

    command: tuple[str | Secret, ...] | str | Secret = main()
    shell: bool = False
    environment: Mapping[str, str | Secret] = field(default_factory=dict)
    chdir: Path = Path()
    stdin: str | Secret | None = None
    creates: Path | None = None
    unless: tuple[str | Secret, ...] | str | Secret | None = None
    reads: bool = False
    timeout_seconds: float | None = None
    root: Path = given("root")

    def __post_init__(self) -> None:
        if not self.argv:
            raise ValueError("the command is empty")

    @property
    def argv(self) -> tuple[Text, ...]:
        return argv_of(self.command, is_shell=self.shell)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """done: why nothing needs to be run, "" when it does. result: of a command that only reads."""

    done: str = ""
    result: CommandResult | None = None


def observe(args: Args, host: ReadHost) -> Seen:
    """See whether there is anything to run; a command that only reads is run."""
    if args.creates is not None and (args.root / args.chdir / args.creates).exists():
        return Seen(done=f"{args.creates} is there")
    if args.unless is not None:
        unless = argv_of(args.unless, is_shell=isinstance(args.unless, (str, Secret)))
        if _run(args, unless, None).code == 0:
            return Seen(done="`unless` holds")
    if args.reads:
        result = _run(args, args.argv, args.stdin)
        if result.code != 0:
            raise ended_badly(args.argv, result, where="control machine")
        return Seen(done="it only reads", result=result)
    return Seen()


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


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Run it to its end; a status other than 0 is an error."""
    result = _run(args, args.argv, args.stdin)
    if result.code != 0:
        raise ended_badly(args.argv, result, where="control machine")
    return {**result.facts(), "cmd": shown(args.argv)}


def _run(args: Args, argv: tuple[Text, ...], stdin: Text | None) -> CommandResult:
    try:
        done = subprocess.run(
            [reveal(part) for part in argv],
            cwd=args.root / args.chdir,
            env={**os.environ, **{name: reveal(text) for name, text in args.environment.items()}},
            input=reveal(stdin or ""),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=args.timeout_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        what = f"did not end within {args.timeout_seconds:g} s: {shown(argv)}"
        raise OperationError(what, fix="Give it a longer `timeout_seconds`.") from None
    except OSError as reason:
        raise OperationError(f"cannot be run ({reason.strerror}): {shown(argv)}") from None
    return CommandResult(code=done.returncode, stdout=done.stdout, stderr=done.stderr)
