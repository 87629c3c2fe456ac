"""The tasks of a role, as one step of `up`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """service: the service whose role they are. text: the file they stand in.
    look: finds out what they would do.
    carry_out: does them, and tells what they changed.
    """

    service: str
    text: str
    look: Callable[[ReadHost], tuple[Change, ...]] = field(compare=False, repr=False)
    carry_out: Callable[[Host], tuple[Change, ...]] = field(compare=False, repr=False)


def observe(args: Args, host: ReadHost) -> tuple[Change, ...]:
    """What the tasks would change; for what cannot be told before it is tried, a change that does not count."""
    return args.look(host)


def decide(args: Args, seen: tuple[Change, ...]) -> list[Change]:
    if not seen:
        return []
    counted = [change for change in seen if change.is_counted]
    causes = [
        f"{change.verb} {change.at.replace(':', ' ', 1)}: {', '.join(change.causes)}" for change in counted or seen
    ]
    return [Change(at=f"tasks:{args.service}", verb="run", causes=tuple(causes), is_counted=bool(counted))]


def apply(change: Change, args: Args, seen: tuple[Change, ...], host: Host) -> dict[str, Any]:
    """Do the tasks; what they really changed takes the place of what was foreseen."""
    return {"changes": args.carry_out(host)}
