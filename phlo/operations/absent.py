"""Containers, networks and volumes of a project that are no longer there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import EngineError
from phlo.frozen import dataclass
from phlo.hosts.engine import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.operations.container.apply import remove, stop
from phlo.values import LABEL_PROJECT, LABEL_SERVICE, Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """kind: containers (of `service`, or of all services but `others`), networks or volumes of the project."""

    kind: str
    project: str
    service: str | None = None
    others: frozenset[str] = frozenset()
    cause: str = "asked for"


Seen = tuple[Mapping[str, Any], ...]


def observe(args: Args, host: ReadHost) -> Seen:
    """What of this kind carries the project's labels."""
    labels = [f"{LABEL_PROJECT}={args.project}"]
    if args.service is not None:
        labels.append(f"{LABEL_SERVICE}={args.service}")
    if args.kind == "containers":
        found = host.engine.get("/containers/json", all=True, filters={"label": labels})
        return tuple(one for one in found if one["Labels"].get(LABEL_SERVICE) not in args.others)
    if args.kind == "networks":
        return tuple(host.engine.get("/networks", filters={"label": labels}))
    return tuple(host.engine.get("/volumes", filters={"label": labels})["Volumes"] or ())


def decide(args: Args, seen: Seen) -> list[Change]:
    if args.kind == "containers":
        named = sorted((found["Names"][0].lstrip("/"), found["Id"]) for found in seen)
    else:
        named = sorted((found["Name"], found["Name"]) for found in seen)
    kind = args.kind.removesuffix("s")
    return [Change(at=f"{kind}:{name}", verb="remove", causes=(args.cause,), data=key) for name, key in named]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """Stop and remove one; what is gone already is fine. A volume goes with its data."""
    if args.kind == "containers":
        stop(host.engine, change.data)
        remove(host.engine, change.data)
        return
    try:
        host.engine.delete(f"/{args.kind}/{path_part(change.data)}")
    except EngineError as error:
        if error.status == 404:
            return
        error.fix = f"Something outside the project still uses it; see `docker ps -a` on {host.name}."
        raise
