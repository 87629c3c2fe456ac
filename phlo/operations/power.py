"""Start, stop, restart, kill, pause or unpause the existing containers of a service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.labels import LABEL_MAY_END, LABEL_ONE_SHOT, LABEL_PROJECT, LABEL_SERVICE, STOPPED_POLICY, is_set_aside
from phlo.operations.container.ending import is_done
from phlo.operations.fields import injected, internal
from phlo.operations.hook import AroundStop
from phlo.values import Change

# State -> the engine's verb for it, and the states of a container that it applies to.
_DIRECT = {
    "killed": ("kill", ("running", "restarting", "paused")),
    "paused": ("pause", ("running",)),
    "unpaused": ("unpause", ("paused",)),
}
# Signals that a program handles by ending well.
_ENDING_SIGNALS = ("TERM", "INT", "QUIT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """service: the service. state: one of started, stopped, restarted, killed, paused and unpaused.

    signal: what `killed` sends; empty for SIGKILL.
    runs_again: start what has ended and is done with its work, too.
    """

    project: str = injected("project")
    service: str
    state: str
    signal: str = ""
    cause: str = internal("asked for")  # for the plan
    around_stop: AroundStop = internal(AroundStop())  # the service's hooks
    runs_again: bool = internal(True)


Seen = tuple[Mapping[str, Any], ...]


def are_independent(args: Args) -> bool:
    """Whether the changes may be made side by side: those that end containers, unless hooks run around their stops."""
    return args.state in ("stopped", "killed") and not args.around_stop.has_hooks


def observe(args: Args, host: ReadHost) -> Seen:
    """The service's containers, but for those that are kept for a rollback.

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
    if args.state in _DIRECT:
        return _direct_changes(args, seen)
    changes = []
    for found in sorted(seen, key=lambda found: str(found["Name"])):
        at, state = f"container:{found['Name'].lstrip('/')}", found["State"]["Status"]
        if args.state == "stopped" and state in ("running", "restarting", "paused"):
            changes.append(Change(at=at, verb="stop", causes=(args.cause,), data=found["Id"]))
        elif LABEL_ONE_SHOT in found["Config"]["Labels"]:
            continue  # a one-shot is run by `up`, when its inputs change
        elif is_done(found) and not args.runs_again:
            continue
        elif args.state == "started" and state == "paused":
            changes.append(Change(at=at, verb="unpause", causes=("paused",), data=found["Id"]))
        elif args.state == "started" and state not in ("running", "restarting"):
            changes.append(Change(at=at, verb="start", causes=(f"state: {state}",), data=found["Id"]))
        elif args.state == "restarted":
            changes.append(Change(at=at, verb="restart", causes=(args.cause,), data=found["Id"]))
    is_stopping = any(change.verb in ("stop", "restart") for change in changes)
    return [*(args.around_stop.changes() if is_stopping else ()), *changes]


def _direct_changes(args: Args, seen: Seen) -> list[Change]:
    """The changes of a state that is one request to the engine. Raises OperationError when nothing can be changed."""
    verb, before = _DIRECT[args.state]
    cause = f"signal: {args.signal or 'SIGKILL'}" if verb == "kill" else args.cause
    found = sorted(seen, key=lambda found: str(found["Name"]))
    if verb == "kill" and not any(one["State"]["Status"] in before for one in found):
        fix = "`phlo ps` shows the state of its containers."
        raise OperationError("has no running container to send a signal to", where=args.service, fix=fix)
    return [
        Change(at=f"container:{one['Name'].lstrip('/')}", verb=verb, causes=(cause,), data=one["Id"])
        for one in found
        if one["State"]["Status"] in before
    ]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    if change.verb == "run":  # a hook is run by the change that stops the container
        return
    if change.verb == "stop":
        _mark_as_stopped(change.data, seen, host)
        args.around_stop.stop(change.data, host)
    elif change.verb == "restart":
        _mark_as_stopped(change.data, seen, host)
        args.around_stop.restart(change.data, host)
        _unmark(change.data, seen, host)
    elif change.verb == "kill":
        if args.signal.upper().removeprefix("SIG") in _ENDING_SIGNALS:
            _mark_as_stopped(change.data, seen, host)
        host.engine.post(f"/containers/{change.data}/kill", signal=args.signal or None)
    else:
        host.engine.post(f"/containers/{change.data}/{change.verb}")
        if change.verb == "start":
            _unmark(change.data, seen, host)


def _mark_as_stopped(container: str, seen: Seen, host: Host) -> None:
    """Mark a container whose end with status 0 would look like that of a finished job."""
    found = _found(container, seen)
    if LABEL_MAY_END in (found["Config"].get("Labels") or {}):
        _set_restart_policy(container, {"Name": STOPPED_POLICY}, host)


def _unmark(container: str, seen: Seen, host: Host) -> None:
    """Give a container that is started again its own restart policy."""
    found = _found(container, seen)
    if LABEL_MAY_END in (found["Config"].get("Labels") or {}):
        name, _, retries = found["Config"]["Labels"][LABEL_MAY_END].partition(":")
        _set_restart_policy(container, {"Name": name, "MaximumRetryCount": int(retries or 0)}, host)


def _found(container: str, seen: Seen) -> Mapping[str, Any]:
    return next(found for found in seen if found["Id"] == container)


def _set_restart_policy(container: str, policy: Mapping[str, Any], host: Host) -> None:
    host.engine.post(f"/containers/{path_part(container)}/update", {"RestartPolicy": dict(policy)})
