"""A command on the control machine at a point of a service's life (the published `hooks` form)."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path

from phlo.bounded import last_lines
from phlo.errors import EngineError, OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost, pause
from phlo.values import Change, Text, reveal

_LINES_SHOWN = 10
ENGINE_GRACE_SECONDS = 10  # of a container that does not say how long it may take to stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """command: a list is run as it is, a string by the shell. folder: where it runs.

    requires: a Python module without which the hook is skipped.
    """

    service: str
    name: str
    point: str
    command: tuple[str, ...] | str
    folder: Path
    requires: str | None = None
    delay_seconds: float = 0.0
    timeout_seconds: float = 300.0
    environment: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AroundStop:
    """The hooks of a service that are run whenever a container of it stops: before it, and once it has stopped.

    grace_seconds: how long it may take to stop before it is killed, None: as long as it says itself.
    """

    before: tuple[Args, ...] = ()
    after: tuple[Args, ...] = ()
    grace_seconds: int | None = None

    @property
    def has_hooks(self) -> bool:
        return bool(self.before or self.after)

    def changes(self) -> list[Change]:
        """How a plan shows them. They are part of the change that stops the container, so they are not counted."""
        return [
            Change(
                at=_at(hook), verb="run", causes=(f"{when} its container stops{_condition(hook)}",), is_counted=False
            )
            for when, hooks in (("before", self.before), ("after", self.after))
            for hook in hooks
        ]

    def stop(self, container: str, host: Host) -> None:
        """Stop a container, with the hooks around it; nothing is stopped when one of those before it fails."""
        run_all(self.before, host)
        host.progress("stopping the container")
        stop(host.engine, container, self.grace_seconds)
        run_all(self.after, host)

    def restart(self, container: str, host: Host) -> None:
        """Stop a container, with the hooks around it, and start it again."""
        self.stop(container, host)
        host.engine.post(f"/containers/{path_part(container)}/start")


def run_all(hooks: tuple[Args, ...], host: Host) -> None:
    """Run hooks one after the other, those whose module is installed. Raises OperationError at the first that fails."""
    for hook in hooks:
        seen = observe(hook, host.reader())
        for change in decide(hook, seen):
            host.progress(f"hook {hook.point}.{hook.name}")
            apply(change, hook, seen, host)


def stop(engine: Engine, name: str, grace_seconds: int | None = None) -> None:
    """Stop a container, waiting as long as it may take to; one that is stopped or gone is fine.

    grace_seconds: how long that is, None: what the container says.
    """
    path = f"/containers/{path_part(name)}"
    found = engine.get_or_none(f"{path}/json")
    if found is None:
        return
    own_seconds = found["Config"].get("StopTimeout")
    longest = (grace_seconds, own_seconds, ENGINE_GRACE_SECONDS)
    query = {} if grace_seconds is None else {"t": grace_seconds}
    try:
        engine.post(f"{path}/stop", longer_seconds=next(one for one in longest if one is not None), **query)
    except EngineError as error:
        if error.status not in (304, 404):
            raise


def _condition(args: Args) -> str:
    return f", if {args.requires} is installed" if args.requires else ""


def _at(args: Args) -> str:
    return f"hook:{args.service}.{args.point}.{args.name}"


def observe(args: Args, host: ReadHost) -> bool:
    """Whether the module it requires is installed; the module is found, not imported."""
    if args.requires is None:
        return True
    try:
        return importlib.util.find_spec(args.requires) is not None
    except (ImportError, ValueError):
        return False


def decide(args: Args, seen: bool) -> list[Change]:
    if not seen:
        return []
    cause = f"{args.service} is to change" if args.point == "pre_start" else f"{args.service} changed"
    return [Change(at=_at(args), verb="run", causes=(cause,))]


def apply(change: Change, args: Args, seen: bool, host: Host) -> None:
    """Run it to its end; a status other than 0 or the time-out is an OperationError with the last ten lines."""
    import shlex

    from phlo.programs import ProgramTimeoutError, run_program  # a run without hooks has no use for it

    pause(host, args.delay_seconds)
    shown = args.command if isinstance(args.command, str) else shlex.join(args.command)
    where = f"{host.name} {args.service} {args.point} hook {args.name}"
    try:
        done = run_program(
            list(args.command) if isinstance(args.command, tuple) else args.command,
            folder=args.folder,
            more={name: reveal(text) for name, text in args.environment.items()},
            timeout_seconds=args.timeout_seconds,
            is_joined=True,
            is_cancelled=host.is_cancelled,
        )
    except ProgramTimeoutError as reason:
        raise OperationError(
            f"{reason}: {shown}",
            where=where,
            fix=reason.fix,
            detail=last_lines(reason.stdout.text(), _LINES_SHOWN),
        ) from None
    except OSError as reason:
        raise OperationError(f"cannot be run ({reason.strerror}): {shown}", where=where) from None
    if done.code != 0:
        lines = last_lines(done.stdout.text(), _LINES_SHOWN)
        raise OperationError(f"ended with status {done.code}: {shown}", where=where, detail=lines)
