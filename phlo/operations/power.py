"""A service's containers started, stopped or started anew, as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.operations.fields import given, own
from phlo.operations.hook import AroundStop
from phlo.values import LABEL_ONE_SHOT, LABEL_PROJECT, LABEL_SERVICE, Change, is_set_aside


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """service: the service. state: started, stopped or restarted."""

    project: str = given("project")
    service: str
    state: str
    cause: str = own("asked for")  # for the plan
    around_stop: AroundStop = own(AroundStop())  # the service's hooks


Seen = tuple[Mapping[str, Any], ...]


def observe(args: Args, host: ReadHost) -> Seen:
    """The service's containers, but for those that are kept to go back to.

    Inspected one by one: the list that newer engines give can lag behind a stop.
    """
    labels = [f"{LABEL_PROJECT}={args.project}", f"{LABEL_SERVICE}={args.service}"]
    listed = host.engine.get("/containers/json", all=True, filters={"label": labels})
    own = [entry["Id"] for entry in listed if not is_set_aside(entry["Names"][0])]
    found = (host.engine.get_or_none(f"/containers/{identity}/json") for identity in own)
    return tuple(container for container in found if container)


def decide(args: Args, seen: Seen) -> list[Change]:
    if not seen and args.state != "stopped":
        raise OperationError("has no container", where=args.service, fix="Bring it up first: `phlo run up`.")
    changes = []
    for found in sorted(seen, key=lambda found: str(found["Name"])):
        at, state = f"container:{found['Name'].lstrip('/')}", found["State"]["Status"]
        if args.state == "stopped" and state in ("running", "restarting", "paused"):
            changes.append(Change(at=at, verb="stop", causes=(args.cause,), data=found["Id"]))
        elif LABEL_ONE_SHOT in found["Config"]["Labels"]:
            continue  # a one-shot is run by `up`, when its inputs change
        elif args.state == "started" and state == "paused":
            changes.append(Change(at=at, verb="unpause", causes=("paused",), data=found["Id"]))
        elif args.state == "started" and state not in ("running", "restarting"):
            changes.append(Change(at=at, verb="start", causes=(f"state: {state}",), data=found["Id"]))
        elif args.state == "restarted":
            changes.append(Change(at=at, verb="restart", causes=(args.cause,), data=found["Id"]))
    is_stopping = any(change.verb in ("stop", "restart") for change in changes)
    return [*(args.around_stop.changes() if is_stopping else ()), *changes]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    if change.verb == "run":  # a hook is run by the change that stops the container
        return
    if change.verb == "stop":
        args.around_stop.stop(change.data, host)
    elif change.verb == "restart":
        restart(change.data, args.around_stop, host)
    else:
        host.engine.post(f"/containers/{change.data}/{change.verb}")


def restart(container: str, around_stop: AroundStop, host: Host) -> None:
    """Stop a container and start it again, with its service's hooks around the stop."""
    around_stop.stop(container, host)
    host.engine.post(f"/containers/{path_part(container)}/start")
