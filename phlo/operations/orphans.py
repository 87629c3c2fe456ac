"""Containers that carry the project's labels and belong to no service of it any more.

A container is an orphan when phlo.yaml does not make its service part of the project, for whatever reason: the service
is disabled or no longer enabled, was renamed or moved to another host, or its package is not installed. As with Docker
Compose, it is none when its service belongs to a profile that is not active this time. And it is none when somebody
started it by name (`phlo up NAME`): its label says so.

A one-off container (`phlo run-once`) belongs to the phlo process that made it. One whose process was killed is removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.labels import LABEL_INSTANCE, LABEL_ONE_OFF, LABEL_PROJECT, LABEL_REQUESTED, LABEL_SERVICE, is_set_aside
from phlo.operations.container.apply import remove
from phlo.operations.container.one_off import is_in_use, remove_one_off
from phlo.operations.hook import stop
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """scales: service -> instances it shall have on this host; containers beyond that are surplus.

    known: services of profiles that are not active; a container of theirs stays unless its label says that phlo.yaml
        made it part of the project.
    optional: other services that are installed and not enabled; a container of theirs stays when its label says that
        the command line asked for it.
    ignored: services whose containers stay in any case, because the run is not about them.
    elsewhere: service -> the hosts it is placed on instead of this one.
    is_removed: False only reports the orphans. Surplus instances are always removed.
    """

    project: str
    scales: Mapping[str, int]
    known: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_removed: bool = False


Seen = tuple[Mapping[str, Any], ...]
_ABANDONED = "one-off container of a process that was killed"


def observe(args: Args, host: ReadHost) -> Seen:
    """The project's containers on the host, without one-off containers that are in use."""
    listed = host.engine.get("/containers/json", all=True, filters={"label": [f"{LABEL_PROJECT}={args.project}"]})
    return tuple(entry for entry in listed if not is_in_use(entry))


def decide(args: Args, seen: Seen) -> list[Change]:
    """Removals; an orphan that stays is a change of verb `keep`, which is shown and not counted."""
    changes = []
    for found in sorted(seen, key=lambda found: str(found["Names"])):
        name, labels = found["Names"][0].lstrip("/"), found["Labels"]
        service, instance = labels.get(LABEL_SERVICE, ""), labels.get(LABEL_INSTANCE, "1")
        at = f"container:{name}"
        if LABEL_ONE_OFF in labels:
            changes.append(Change(at=at, verb="remove", causes=(_ABANDONED,), data=found["Id"]))
        elif service in args.scales:
            if instance.isdecimal() and int(instance) > args.scales[service]:
                cause = f"scale: {service} has {args.scales[service]} on this host"
                changes.append(Change(at=at, verb="remove", causes=(cause,), data=found["Id"]))
        elif not _stays(service, labels, args):
            cause = _cause(service, args)
            if args.is_removed:
                changes.append(Change(at=at, verb="remove", causes=(cause,), data=found["Id"]))
            elif not is_set_aside(name):
                causes = (cause, "remove it with --remove-orphans")
                changes.append(Change(at=at, verb="keep", causes=causes, is_counted=False))
    return changes


def _stays(service: str, labels: Mapping[str, str], args: Args) -> bool:
    was_requested = labels.get(LABEL_REQUESTED)
    return (
        service in args.ignored
        or (service in args.known and was_requested != "false")
        or (service in args.optional and was_requested == "true")
    )


def _cause(service: str, args: Args) -> str:
    hosts = args.elsewhere.get(service, ())
    if hosts:
        return f'"{service}" is placed on {", ".join(hosts)}, and not here'
    return f'no service "{service}" is enabled in the project'


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    if change.verb == "keep":
        return
    stop(host.engine, change.data)
    if change.causes == (_ABANDONED,):
        remove_one_off(host.engine, change.data)
    else:
        remove(host.engine, change.data)
