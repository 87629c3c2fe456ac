"""A service's containers started, stopped or started anew, as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from phlo.errors import OperationError
from phlo.hosts.host import Host, ReadHost
from phlo.operations.container.apply import stop
from phlo.values import LABEL_ONE_SHOT, LABEL_PROJECT, LABEL_SERVICE, Change, is_set_aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """state: started, stopped or restarted."""

    project: str
    service: str
    state: str


Seen = tuple[Mapping[str, Any], ...]


def observe(args: Args, host: ReadHost) -> Seen:
    """The service's containers, but for those that are kept to go back to."""
    labels = [f"{LABEL_PROJECT}={args.project}", f"{LABEL_SERVICE}={args.service}"]
    found = host.engine.get("/containers/json", all=True, filters={"label": labels})
    return tuple(entry for entry in found if not is_set_aside(entry["Names"][0]))


def decide(args: Args, seen: Seen) -> list[Change]:
    if not seen and args.state != "stopped":
        raise OperationError("has no container", where=args.service, fix="Bring it up first: `phlo run up`.")
    changes = []
    for found in sorted(seen, key=lambda found: str(found["Names"])):
        at, state = f"container:{found['Names'][0].lstrip('/')}", found["State"]
        if args.state == "stopped" and state in ("running", "restarting", "paused"):
            changes.append(Change(at=at, verb="stop", causes=("asked for",), data=found["Id"]))
        elif LABEL_ONE_SHOT in found["Labels"]:
            continue  # a one-shot is run by `up`, when its inputs change
        elif args.state == "started" and state == "paused":
            changes.append(Change(at=at, verb="unpause", causes=("paused",), data=found["Id"]))
        elif args.state == "started" and state not in ("running", "restarting"):
            changes.append(Change(at=at, verb="start", causes=(f"state: {state}",), data=found["Id"]))
        elif args.state == "restarted":
            changes.append(Change(at=at, verb="restart", causes=("asked for",), data=found["Id"]))
    return changes


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    if change.verb == "stop":
        stop(host.engine, change.data)
    else:
        host.engine.post(f"/containers/{change.data}/{change.verb}")
