"""A command on the control machine at a point of a service's life (the published `hooks` form)."""

from __future__ import annotations

import importlib.util
import os
import shlex
import time
from collections.abc import Mapping
from pathlib import Path

from phlo.errors import OperationError
from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.values import Change, Text, reveal


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
    return [Change(at=f"hook:{args.service}.{args.point}.{args.name}", verb="run", causes=(cause,))]


def apply(change: Change, args: Args, seen: bool, host: Host) -> None:
    """Run it to its end; a status other than 0 or the time-out is an OperationError with the last ten lines."""
    import subprocess  # a run without hooks has no use for it

    time.sleep(args.delay_seconds)
    shown = args.command if isinstance(args.command, str) else shlex.join(args.command)
    where = f"{host.name} {args.service} {args.point} hook {args.name}"
    environment = {**os.environ, **{name: reveal(text) for name, text in args.environment.items()}}
    try:
        done = subprocess.run(
            args.command,
            shell=isinstance(args.command, str),
            cwd=args.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=args.timeout_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        raise OperationError(
            f"did not end within {args.timeout_seconds:g} s: {shown}",
            where=where,
            fix="Give it a longer `timeout_seconds`.",
            detail=_tail(expired.stdout or b""),
        ) from None
    except OSError as reason:
        raise OperationError(f"cannot be run ({reason.strerror}): {shown}", where=where) from None
    if done.returncode != 0:
        raise OperationError(f"ended with status {done.returncode}: {shown}", where=where, detail=_tail(done.stdout))


def _tail(output: bytes) -> tuple[str, ...]:
    return tuple(output.decode(errors="replace").rstrip().splitlines()[-10:])
