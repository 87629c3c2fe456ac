"""Containers that carry the project's labels and belong to no service of it any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.operations.container.apply import remove
from phlo.operations.hook import stop
from phlo.values import LABEL_INSTANCE, LABEL_PROJECT, LABEL_SERVICE, Change, is_set_aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """scales: service -> instances it shall have on this host; containers beyond that are surplus.

    known: services that may be there though they are not part of this run.
    elsewhere: service -> the hosts it is placed on instead of this one.
    is_removed: False only reports the orphans. Surplus instances are always removed.
    """

    project: str
    scales: Mapping[str, int]
    known: frozenset[str] = frozenset()
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_removed: bool = False


Seen = tuple[Mapping[str, Any], ...]


def observe(args: Args, host: ReadHost) -> Seen:
    """The project's containers on the host."""
    return tuple(host.engine.get("/containers/json", all=True, filters={"label": [f"{LABEL_PROJECT}={args.project}"]}))


def decide(args: Args, seen: Seen) -> list[Change]:
    """Removals; an orphan that stays is a change of verb `keep`, which is shown and not counted."""
    changes = []
    for found in sorted(seen, key=lambda found: str(found["Names"])):
        name, labels = found["Names"][0].lstrip("/"), found["Labels"]
        service, instance = labels.get(LABEL_SERVICE, ""), labels.get(LABEL_INSTANCE, "1")
        at = f"container:{name}"
        if service in args.scales:
            if instance.isdigit() and int(instance) > args.scales[service]:
                cause = f"scale: {service} has {args.scales[service]} on this host"
                changes.append(Change(at=at, verb="remove", causes=(cause,), data=found["Id"]))
        elif service not in args.known:
            cause = _cause(service, args)
            if args.is_removed:
                changes.append(Change(at=at, verb="remove", causes=(cause,), data=found["Id"]))
            elif not is_set_aside(name):
                causes = (cause, "remove it with --remove-orphans")
                changes.append(Change(at=at, verb="keep", causes=causes, is_counted=False))
    return changes


def _cause(service: str, args: Args) -> str:
    hosts = args.elsewhere.get(service, ())
    if hosts:
        return f'"{service}" is placed on {", ".join(hosts)}, and not here'
    return f'no service "{service}" is enabled in the project'


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    if change.verb == "keep":
        return
    stop(host.engine, change.data)
    remove(host.engine, change.data)
