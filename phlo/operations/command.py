"""Run a command on the control machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.bounded import last_lines
from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.commands import CommandResult
from phlo.hosts.host import Host, ReadHost
from phlo.operations.command_result import LINES_SHOWN, argv_of, ended_badly, shown
from phlo.operations.fields import injected, positional
from phlo.programs import ProgramTimeoutError, run_program
from phlo.values import Change, Secret, Text, reveal


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """command: what to run; a list as it is, a text split into words as a shell does.
    shell: hand the command to /bin/sh, so that pipes and variables work.
    executable: another shell than /bin/sh.
    environment: further environment variables.
    chdir: the folder to run it in; default: the project's.
    stdin: a text that it reads.
    creates: a path on the control machine; when it is there, nothing is run.
    removes: a path on the control machine; when it is not there, nothing is run.
    stdin_add_newline: end what it reads with an end of line.
    strip_empty_ends: take ends of lines off the end of what it printed.
    unless: a command; when it ends with status 0, nothing is run. It must only read: check mode runs it, too.
    reads: the command changes nothing; then it runs in check mode, too, and is never a change.
    timeout_seconds: how long it may take.
    """

    command: tuple[str | Secret, ...] | str | Secret = positional()
    shell: bool = False
    executable: str = ""
    environment: Mapping[str, str | Secret] = field(default_factory=dict)
    chdir: Path = Path()
    stdin: str | Secret | None = None
    creates: Path | None = None
    removes: Path | None = None
    stdin_add_newline: bool = True
    strip_empty_ends: bool = True
    unless: tuple[str | Secret, ...] | str | Secret | None = None
    reads: bool = False
    timeout_seconds: float | None = None
    root: Path = injected("root")

    def __post_init__(self) -> None:
        if not self.argv:
            raise ValueError("the command is empty")

    @property
    def argv(self) -> tuple[Text, ...]:
        words = argv_of(self.command, is_shell=self.shell)
        return (self.executable, *words[1:]) if self.shell and self.executable else words


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """done: why nothing needs to be run, "" when it does. result: of a command that only reads."""

    done: str = ""
    result: CommandResult | None = None


def observe(args: Args, host: ReadHost) -> Seen:
    """See whether there is anything to run; a command that only reads is run."""
    if args.creates is not None and (args.root / args.chdir / args.creates).exists():
        return Seen(done=f"{args.creates} exists")
    if args.removes is not None and not (args.root / args.chdir / args.removes).exists():
        return Seen(done=f"{args.removes} does not exist")
    if args.unless is not None:
        unless = argv_of(args.unless, is_shell=isinstance(args.unless, (str, Secret)))
        if _run(args, unless, None, host).code == 0:
            return Seen(done="`unless` holds")
    if args.reads:
        result = _run(args, args.argv, args.stdin, host)
        if result.code != 0:
            raise ended_badly(args.argv, result, where="control machine", only_reads=True)
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
    result = CommandResult(code=0, stdout=f"skipped, since {seen.done}")
    path, _, why = seen.done.partition(" ")
    return {**result.facts(), "cmd": shown(args.argv), "msg": f"Did not run command since '{path}' {why}"}


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Run it to its end; a status other than 0 is an error."""
    result = _run(args, args.argv, args.stdin, host)
    if result.code != 0:
        raise ended_badly(args.argv, result, where="control machine")
    facts = {**result.facts(), "cmd": shown(args.argv), "msg": ""}
    return facts if args.strip_empty_ends else {**facts, "stdout": result.stdout, "stderr": result.stderr}


def _run(args: Args, argv: tuple[Text, ...], stdin: Text | None, host: ReadHost | Host) -> CommandResult:
    try:
        done = run_program(
            [reveal(part) for part in argv],
            folder=args.root / args.chdir,
            stdin=_input(stdin, args).encode(),
            more={name: reveal(text) for name, text in args.environment.items()},
            is_cancelled=host.is_cancelled,
        )
    except ProgramTimeoutError as reason:
        lines = last_lines(reason.stdout.text() + reason.stderr.text(), LINES_SHOWN)
        raise OperationError(f"{reason}: {shown(argv)}", fix=reason.fix, detail=lines) from None
    except OSError as reason:
        raise OperationError(f"cannot be run ({reason.strerror}): {shown(argv)}") from None
    return CommandResult.of(done.code, done.stdout, done.stderr)


def _input(stdin: Text | None, args: Args) -> str:
    text = reveal(stdin or "")
    return f"{text}\n" if text and args.stdin_add_newline and not text.endswith("\n") else text
