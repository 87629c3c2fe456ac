"""One version of a Swarm service after another: the Swarm replaces tasks, and phlo waits for what comes of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Protocol

from phlo.errors import EngineError, OperationError, PhloError
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host
from phlo.swarm.operations.tasks import failures, tasks_of, told

# The Swarm looks at a new specification a moment after it has taken it; one that asks for no new task it never tells.
NOTICED_WITHIN_SECONDS = 5.0
PAUSE_SECONDS = 0.25
_ROLLED_BACK, _ROLLBACK_PAUSED = "rollback_completed", "rollback_paused"


class Rolling(Protocol):
    """A service. name: in the Swarm. timeout_seconds: how long a new version may take on all nodes."""

    @property
    def name(self) -> str: ...

    @property
    def service(self) -> str: ...

    @property
    def timeout_seconds(self) -> float: ...


def called(host: Host, args: Rolling, path: str, spec: Mapping[str, Any], **query: Any) -> None:
    """POST a service's specification. Raises EngineError that says where to look."""
    try:
        host.engine.post(path, spec, **query)
    except EngineError as error:
        error.fix = error.fix or f"See `docker service inspect {args.name}` on {host.name}."
        raise


def update(host: Host, args: Rolling, spec: Mapping[str, Any], **query: Any) -> None:
    """Give an existing service another specification; what comes of it is not waited for."""
    current = host.engine.get(f"/services/{path_part(args.name)}")
    called(host, args, f"/services/{current['ID']}/update", spec, version=current["Version"]["Index"], **query)


def await_rollout(args: Rolling, host: Host) -> None:
    """Wait until the Swarm has put the new version everywhere. Raises OperationError when it has not, or went back."""
    started = time.monotonic()
    last = ""
    while True:
        current = host.engine.get(f"/services/{path_part(args.name)}")
        status = current.get("UpdateStatus") or {}
        state = status.get("State", "")
        waited = time.monotonic() - started
        if state == "completed" or (not state and waited > NOTICED_WITHIN_SECONDS):
            return
        if not state and not _is_noticed(args, current):
            return
        if state == "paused":
            raise _failed(args, host, current, "the Swarm stopped the update")
        if state == _ROLLED_BACK:
            raise _failed(args, host, current, "the new version did not work, and the Swarm has rolled it back")
        if state == _ROLLBACK_PAUSED:
            raise _failed(args, host, current, "neither the new version nor the previous one works: roll-back stopped")
        if host.is_cancelled():
            raise OperationError("stopped waiting for the update", where=f"{host.name} {args.service}")
        if waited > args.timeout_seconds:
            raise _failed(args, host, current, f"was not updated within {args.timeout_seconds:g} s")
        line = told(current, tasks_of(host.engine, current["ID"]))
        if line != last:
            host.progress(line)
            last = line
        time.sleep(PAUSE_SECONDS)


def _is_noticed(args: Rolling, current: Mapping[str, Any]) -> bool:
    """Whether the Swarm will tell of an update: it does when tasks are replaced, not when there are more or fewer."""
    before = current.get("PreviousSpec") or current["Spec"]
    return any(before.get(key) != current["Spec"].get(key) for key in ("TaskTemplate", "EndpointSpec"))


def put_back(args: Rolling, host: Host) -> None:
    """The version before, unless the Swarm has seen to it. Raises OperationError when that does not work either."""
    deadline = time.monotonic() + args.timeout_seconds
    current = host.engine.get(f"/services/{path_part(args.name)}")
    if not (current.get("UpdateStatus") or {}).get("State", "").startswith("rollback"):
        update(host, args, current["Spec"], rollback="previous")
    while True:
        current = host.engine.get(f"/services/{path_part(args.name)}")
        state = (current.get("UpdateStatus") or {}).get("State", "")
        if state == _ROLLED_BACK:
            return
        if state == _ROLLBACK_PAUSED or time.monotonic() > deadline:
            raise _failed(args, host, current, "the previous version could not be restored")
        time.sleep(PAUSE_SECONDS)


def _failed(args: Rolling, host: Host, current: Mapping[str, Any], what: str) -> PhloError:
    return OperationError(
        what,
        where=f"{host.name} {args.service}",
        fix=f"See `docker service ps --no-trunc {args.name}` on {host.name}.",
        detail=failures(host.engine, tasks_of(host.engine, current["ID"])),
    )
