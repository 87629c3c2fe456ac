"""Containers, networks and volumes of a project that are no longer there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import EngineError
from phlo.frozen import dataclass
from phlo.hosts.engine import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.operations.container.apply import remove
from phlo.operations.hook import AroundStop, stop
from phlo.values import LABEL_ONE_SHOT, LABEL_PROJECT, LABEL_SERVICE, Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """kind: containers (of `service`, or of all services but `others`), networks or volumes of the project.

    around_stop: the service's hooks, run when a container of it that runs is stopped.
    """

    kind: str
    project: str
    service: str | None = None
    others: frozenset[str] = frozenset()
    cause: str = "asked for"
    around_stop: AroundStop = AroundStop()


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
        # What does not run goes first: it takes no time, and nobody waits for it.
        ordered = sorted(seen, key=lambda found: (found["State"] != "exited", found["Names"][0]))
        named = [(found["Names"][0].lstrip("/"), found["Id"]) for found in ordered]
        hooks = args.around_stop.changes() if any(_is_at_work(found) for found in seen) else []
    else:
        named = sorted((found["Name"], found["Name"]) for found in seen)
        hooks = []
    kind = args.kind.removesuffix("s")
    return [
        *hooks,
        *(Change(at=f"{kind}:{name}", verb="remove", causes=(args.cause,), data=key) for name, key in named),
    ]


def _is_at_work(found: Mapping[str, Any]) -> bool:
    """Whether a container, as listed, runs and is no one-shot."""
    return found["State"] in ("running", "paused", "restarting") and LABEL_ONE_SHOT not in found["Labels"]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """Stop and remove one; what is gone already is fine. A volume goes with its data."""
    if change.verb == "run":  # a hook is run by the change that stops the container
        return
    if args.kind == "containers":
        if any(found["Id"] == change.data and _is_at_work(found) for found in seen):
            args.around_stop.stop(change.data, host)
        else:
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
