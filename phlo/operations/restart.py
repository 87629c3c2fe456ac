"""A service's container is restarted because one that it depends on was recreated (`depends_on.restart`).

The containers themselves show what happened: one that has not been started since the other was made is still to
be restarted, also by the run after one that was interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations import container
from phlo.operations.container.owners import moment
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """own: the container. dependencies: those on the same host that it has to be restarted with."""

    own: container.Args
    dependencies: tuple[container.Args, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """current: the container's inspect answer, None where it does not run or is about to be started anyway.

    made_anew: service -> when the container of it was made; None for one that is about to be made.
    """

    current: Mapping[str, Any] | None
    made_anew: Mapping[str, str | None]


def observe(args: Args, host: ReadHost) -> Seen:
    own = container.observe(args.own, host)
    is_running = own.current is not None and own.current["State"]["Status"] == "running"
    if not is_running or _is_about_to_start(args.own, own):
        return Seen(current=None, made_anew={})
    made: dict[str, str | None] = {}
    for dependency in args.dependencies:
        seen = container.observe(dependency, host)
        if _is_about_to_start(dependency, seen):
            made[dependency.service] = None
        elif seen.current is not None:
            made[dependency.service] = seen.current["Created"]
    return Seen(current=own.current, made_anew=made)


def _is_about_to_start(args: container.Args, seen: container.Seen) -> bool:
    return any(change.verb in ("create", "recreate") for change in container.decide(args, seen))


def decide(args: Args, seen: Seen) -> list[Change]:
    if seen.current is None:
        return []
    started = moment(seen.current["State"]["StartedAt"])
    causes = tuple(
        f"{service} {'is to be' if made is None else 'was'} recreated"
        for service, made in seen.made_anew.items()
        if made is None or moment(made) > started
    )
    if not causes:
        return []
    at = f"container:{args.own.name}"
    return [*args.own.around_stop.changes(), Change(at=at, verb="restart", causes=causes, data=seen.current["Id"])]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    if change.verb == "restart":  # a hook is run by the change that stops the container
        args.own.around_stop.restart(change.data, host)
