"""A Swarm service's tasks started, stopped or restarted: as many as wanted, none, or all of them again.

One that is stopped stays a service without tasks; `up` and `start` give it its tasks back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.operations.hook import AroundStop, run_all
from phlo.swarm.operations.absent import await_end
from phlo.swarm.operations.rollout import await_rollout, update
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the service's in the Swarm. state: started, stopped or restarted. replicas: how many tasks it has.

    cause: why, for the plan. around_stop: the service's hooks. timeout_seconds: how long a restart may take on all
    nodes.
    """

    service: str
    name: str
    state: str
    replicas: int
    cause: str
    around_stop: AroundStop = AroundStop()
    timeout_seconds: float = 300.0


Seen = Mapping[str, Any] | None


def observe(args: Args, host: ReadHost) -> Seen:
    """The inspect answer; None when there is no such service."""
    found: Seen = host.engine.get_or_none(f"/services/{path_part(args.name)}")
    return found


def decide(args: Args, seen: Seen) -> list[Change]:
    """Raises OperationError for a service that is not there, and for a stop of one that is on every node."""
    if seen is None:
        if args.state == "stopped":
            return []
        raise OperationError("is not there", where=args.service, fix="Bring it up first: `phlo run up`.")
    at, mode = f"service:{args.name}", seen["Spec"]["Mode"]
    if "Global" in mode and args.state == "stopped":
        fix = "Remove it: disable it in phlo.yaml, then `phlo up --remove-orphans`."
        raise OperationError("is on every node of the Swarm, which cannot have none of it", where=args.service, fix=fix)
    if "Replicated" not in mode and "Global" not in mode:  # a job: `up` runs it, when its inputs change
        return []
    there = (mode.get("Replicated") or {}).get("Replicas")
    hooks = args.around_stop.changes()
    if args.state == "restarted":
        if there == 0:
            return [Change(at=at, verb="start", causes=(f"replicas: 0 -> {args.replicas}",))] if args.replicas else []
        return [*hooks, Change(at=at, verb="restart", causes=(args.cause,))]
    if args.state == "stopped" and there:
        return [*hooks, Change(at=at, verb="stop", causes=(args.cause, f"replicas: {there} -> 0"))]
    if args.state == "started" and there == 0 and args.replicas:
        return [Change(at=at, verb="start", causes=(f"replicas: 0 -> {args.replicas}",))]
    return []


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """A stop waits until no task runs, a restart until all are new; a start is waited for by the step behind it."""
    if change.verb == "run":  # a hook is run by the change that stops tasks
        return
    current = host.engine.get(f"/services/{path_part(args.name)}")
    spec = current["Spec"]
    if change.verb == "start":
        update(host, args, {**spec, "Mode": {"Replicated": {"Replicas": args.replicas}}})
        return
    run_all(args.around_stop.before, host)
    if change.verb == "stop":
        update(host, args, {**spec, "Mode": {"Replicated": {"Replicas": 0}}})
        await_end(host, current["ID"], args.name, args.service)
    else:
        task = spec["TaskTemplate"]
        again = {**task, "ForceUpdate": task.get("ForceUpdate", 0) + 1}
        update(host, args, {**spec, "TaskTemplate": again})
        await_rollout(args, host)
    run_all(args.around_stop.after, host)
