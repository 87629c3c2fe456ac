"""Fail on purpose, usually with a `when`."""

from __future__ import annotations

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import positional
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """msg: why."""

    msg: str = positional("Failed as requested from task")


def observe(args: Args, host: ReadHost) -> None:
    """Raises OperationError, always."""
    raise OperationError(args.msg)


def decide(args: Args, seen: None) -> list[Change]:
    return []


def apply(change: Change, args: Args, seen: None, host: Host) -> None:
    """There is never anything to change."""
