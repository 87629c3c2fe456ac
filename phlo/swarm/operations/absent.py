"""Services of a project on a Swarm that are no longer there, and then what they leave: tasks, configs, secrets."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from phlo.errors import EngineError, OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.labels import LABEL_PROJECT, LABEL_SERVICE
from phlo.operations.hook import AroundStop, run_all
from phlo.values import Change

ENDED_WITHIN_SECONDS = 120.0
PAUSE_SECONDS = 0.25
KINDS = ("services", "networks", "configs", "secrets")
_GONE = ("complete", "failed", "shutdown", "rejected", "orphaned", "remove")


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """kind: services, networks, configs or secrets of the project.

    service: only of that service. others: services that are left alone. is_removed: False only reports them.
    around_stop: the service's hooks, run before it is removed, and once its tasks have ended.
    """

    kind: str
    project: str
    service: str | None = None
    others: frozenset[str] = frozenset()
    cause: str = "asked for"
    is_removed: bool = True
    around_stop: AroundStop = AroundStop()


Seen = tuple[Mapping[str, Any], ...]


def observe(args: Args, host: ReadHost) -> Seen:
    labels = [f"{LABEL_PROJECT}={args.project}"]
    if args.service is not None:
        labels.append(f"{LABEL_SERVICE}={args.service}")
    found = host.engine.get(f"/{args.kind}", filters={"label": labels})
    if args.kind == "networks":
        return tuple(one for one in found if one.get("Scope") == "swarm")
    return tuple(one for one in found if (one["Spec"].get("Labels") or {}).get(LABEL_SERVICE) not in args.others)


def decide(args: Args, seen: Seen) -> list[Change]:
    named = sorted(
        (one["Name"], one["Id"]) if args.kind == "networks" else (one["Spec"]["Name"], one["ID"]) for one in seen
    )
    kind = args.kind.removesuffix("s")
    if not args.is_removed:
        causes = (args.cause, "remove it with --remove-orphans")
        return [Change(at=f"{kind}:{name}", verb="keep", causes=causes, is_counted=False) for name, _ in named]
    removed = [Change(at=f"{kind}:{name}", verb="remove", causes=(args.cause,), data=key) for name, key in named]
    return [*(args.around_stop.changes() if removed else ()), *removed]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """Remove one; of a service wait until its containers have stopped, which the Swarm does in its own time."""
    if change.verb in ("keep", "run"):  # a hook is run by the change that removes the service
        return
    run_all(args.around_stop.before, host)
    deadline = time.monotonic() + ENDED_WITHIN_SECONDS
    while True:
        try:
            host.engine.delete(f"/{args.kind}/{path_part(change.data)}")
            break
        except EngineError as error:
            if error.status == 404 or "not found" in error.message:
                break
            # What a task that is ending still uses is given back with it.
            if "in use" not in error.message or time.monotonic() > deadline:
                raise
        time.sleep(PAUSE_SECONDS)
    if args.kind == "services":
        await_end(host, change.data, change.at.partition(":")[2], args.service or "")
        run_all(args.around_stop.after, host)


def await_end(host: Host, identity: str, name: str, service: str) -> None:
    """Wait until no task of a service runs that was removed or stopped; raises OperationError when one goes on."""
    deadline = time.monotonic() + ENDED_WITHIN_SECONDS
    while _runs(host.engine, identity):
        if time.monotonic() > deadline:
            raise OperationError(
                f"containers of {name} are still there {ENDED_WITHIN_SECONDS:g} s after it was stopped",
                where=f"{host.name} {service}".strip(),
                fix="See `phlo swarm status`: a node that is down removes them when it comes back.",
            )
        time.sleep(PAUSE_SECONDS)


def _runs(engine: EngineReader, service: str) -> bool:
    """Whether a task has not ended (the engine filters by services that are there)."""
    return any(task["ServiceID"] == service and task["Status"]["State"] not in _GONE for task in engine.get("/tasks"))
