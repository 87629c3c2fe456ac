"""Run a command on the host; with `service` or `container`, or in a role of a service, in its container."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from phlo.frozen import dataclass, field
from phlo.hosts.commands import CommandResult
from phlo.hosts.host import Host, ReadHost
from phlo.operations.command_result import argv_of, ended_badly, shown
from phlo.operations.fields import injected, positional
from phlo.operations.location import location_of
from phlo.operations.run_here import Invocation, exists, nothing_run
from phlo.values import Change, Secret, Text

IS_FOR_HOSTS = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """command: what to run; a list as it is, a text split into words as a shell does.
    shell: hand the command to /bin/sh, so that pipes and variables work.
    executable: another shell than /bin/sh.
    environment: further environment variables.
    chdir: the folder to run it in; default: the project's folder on the control machine, else the home folder.
    stdin: a text that it reads.
    creates: a path, or a pattern of paths; when there is one, nothing is run.
    removes: a path, or a pattern of paths; when there is none, nothing is run.
    stdin_add_newline: end what it reads with an end of line.
    strip_empty_ends: take ends of lines off the end of what it printed.
    expand_argument_vars: replace `$NAME` and `~` in the words of a command that no shell gets.
    unless: a command; when it ends with status 0, nothing is run. It must only read: check mode runs it, too.
    reads: the command changes nothing; then it runs in check mode, too, and is never a change.
    timeout_seconds: how long it may take.
    service: the service in whose container it runs; in a role of a service the role's own.
    container: a container's name instead of a service's.
    """

    command: tuple[str | Secret, ...] | str | Secret = positional()
    shell: bool = False
    executable: str = ""
    environment: Mapping[str, str | Secret] = field(default_factory=dict)
    chdir: str = ""
    stdin: str | Secret | None = None
    creates: str | None = None
    removes: str | None = None
    stdin_add_newline: bool = True
    strip_empty_ends: bool = True
    expand_argument_vars: bool = True
    unless: tuple[str | Secret, ...] | str | Secret | None = None
    reads: bool = False
    timeout_seconds: float | None = None
    service: str = ""
    container: str | None = None
    project: str = injected("project")
    own_service: str = injected("service")
    root: Path = injected("root")
    clock: Callable[[], float] = injected("clock")

    def __post_init__(self) -> None:
        if not self.argv:
            raise ValueError("the command is empty")

    @property
    def argv(self) -> tuple[Text, ...]:
        words = argv_of(self.command, is_shell=self.shell)
        return (self.executable, *words[1:]) if self.shell and self.executable else words

    def invocation(self, argv: tuple[Text, ...], stdin: Text | None) -> Invocation:
        """What runs `argv` as the arguments ask for it."""
        return Invocation(
            argv=argv,
            environment=self.environment,
            chdir=self.chdir,
            stdin=stdin,
            adds_newline=self.stdin_add_newline,
            expands=self.expand_argument_vars and not self.shell,
            timeout_seconds=self.timeout_seconds,
            clock=self.clock,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """done: why nothing needs to be run, "" when it does. facts: of a command that only reads."""

    done: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def observe(args: Args, host: ReadHost) -> Seen:
    """See whether there is anything to run; a command that only reads is run."""
    location = location_of(args, host, where="command")
    here = args.invocation(args.argv, None)
    if args.creates is not None and exists(args.creates, here, location):
        return Seen(done=f"{args.creates} exists")
    if args.removes is not None and not exists(args.removes, here, location):
        return Seen(done=f"{args.removes} does not exist")
    if args.unless is not None:
        unless = argv_of(args.unless, is_shell=isinstance(args.unless, (str, Secret)))
        if args.invocation(unless, None).run(location)[0].code == 0:
            return Seen(done="`unless` holds")
    if args.reads:
        return Seen(done="it only reads", facts=_ran(args, host))
    return Seen()


def decide(args: Args, seen: Seen) -> list[Change]:
    if seen.done:
        return []
    cause = f"{args.creates} is not there" if args.creates else "`unless` does not hold" if args.unless else "asked for"
    return [Change(at=f"command:{shown(args.argv)}", verb="run", causes=(cause,))]


def facts(args: Args, seen: Seen) -> dict[str, Any]:
    """What `register` keeps when nothing is run."""
    return dict(seen.facts) or nothing_run(_cmd(args), seen.done)


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Run it to its end; a status other than 0 is an error."""
    return _ran(args, host)


def _ran(args: Args, host: Host | ReadHost) -> dict[str, Any]:
    location = location_of(args, host, where="command")
    result, times = args.invocation(args.argv, args.stdin).run(location)
    found = {**_facts(args, result), **times, "cmd": _cmd(args), "msg": ""}
    if result.code != 0:
        raise ended_badly(args.argv, result, where=location.name, only_reads=args.reads, facts=found)
    return found


def _facts(args: Args, result: CommandResult) -> dict[str, Any]:
    found = result.facts()
    return found if args.strip_empty_ends else {**found, "stdout": result.stdout, "stderr": result.stderr}


def _cmd(args: Args) -> Any:
    """The command as `register` keeps it: words, or the text that a shell got."""
    words = ["***" if isinstance(word, Secret) else word for word in args.argv]
    return words[-1] if args.shell and not isinstance(args.command, tuple) else words
