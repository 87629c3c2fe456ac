"""Wait until a Swarm service works: as many tasks run as shall, healthy where there is a check; a job has ended."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.swarm.operations.tasks import Task, current_tasks, failed_tasks, failures, has_failed_job, tasks_of
from phlo.values import Change

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 1.0
FAILURES_ALLOWED = 3
_UNDER_WAY = {"updating": "an update is under way", "rollback_started": "a roll-back is under way"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the service's in the Swarm. is_job: wait for its end instead."""

    name: str
    service: str
    is_job: bool = False
    timeout_seconds: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """service: its entry in the list, with `ServiceStatus`. tasks: its tasks."""

    service: Mapping[str, Any]
    tasks: Sequence[Task]


def observe(args: Args, host: ReadHost) -> Seen | None:
    return _look(args, host.engine)


def decide(args: Args, seen: Seen | None) -> list[Change]:
    reason = _not_ready(args, seen)
    at = f"service:{args.name}"
    return [Change(at=at, verb="wait", causes=(reason,), is_counted=False)] if reason else []


def apply(change: Change, args: Args, seen: Seen | None, host: Host) -> None:
    """Wait; raises OperationError with the causes of the tasks that failed."""
    deadline = time.monotonic() + args.timeout_seconds
    pause, last = FIRST_PAUSE_SECONDS, ""
    known = {task["ID"] for task in failed_tasks(seen.tasks)} if seen else set()
    is_updated = seen is not None and _update_state(seen) in _UNDER_WAY
    while True:
        now = _look(args, host.engine)
        reason = _not_ready(args, now)
        if is_updated and now is not None and _update_state(now) == "rollback_completed":
            raise _failed(args, host, now, "the new version did not work, and the Swarm has rolled it back")
        if reason is None:
            return
        if now is None:
            raise _failed(args, host, now, "was removed while phlo waited for it")
        if args.is_job and has_failed_job(now.service, now.tasks):
            raise _failed(args, host, now, "did not end with status 0")
        fresh = [task for task in failed_tasks(now.tasks) if task["ID"] not in known]
        if not args.is_job and len(fresh) >= FAILURES_ALLOWED:
            raise _failed(args, host, now, f"keeps failing ({reason})")
        if host.is_cancelled():
            raise OperationError(f"stopped waiting ({reason})", where=f"{host.name} {args.service}")
        if time.monotonic() > deadline:
            raise _failed(args, host, now, f"was not ready within {args.timeout_seconds:g} s ({reason})")
        if reason != last:
            host.progress(reason)
            last = reason
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


def _look(args: Args, engine: EngineReader) -> Seen | None:
    current = engine.get_or_none(f"/services/{path_part(args.name)}")
    if current is None:
        return None
    listed = engine.get("/services", status=True, filters={"id": [current["ID"]]})
    return Seen(service=listed[0], tasks=tasks_of(engine, current["ID"])) if listed else None


def _not_ready(args: Args, seen: Seen | None) -> str | None:
    """Why it is not ready, None when it is."""
    if seen is None:
        return "not there yet"
    if update := _UNDER_WAY.get(_update_state(seen)):  # of a run that was killed, or by hand
        return update
    status = seen.service.get("ServiceStatus") or {}
    wanted = status.get("DesiredTasks", 0)
    if args.is_job:
        jobs = seen.service["Spec"]["Mode"].get("ReplicatedJob")
        total = jobs["TotalCompletions"] if jobs else wanted
        mine = current_tasks(seen.service, seen.tasks)
        done = sum(task["Status"]["State"] == "complete" for task in mine)
        return None if done >= total else f"{done} of {total} tasks have ended"
    running = status.get("RunningTasks", 0)
    if running < wanted or (not wanted and "Global" in seen.service["Spec"]["Mode"]):
        return f"{running} of {wanted} tasks run"
    return None


def _update_state(seen: Seen) -> str:
    """State of the last update, as the Swarm calls it; "" for none."""
    return str((seen.service.get("UpdateStatus") or {}).get("State", ""))


def _failed(args: Args, host: Host, seen: Seen | None, what: str) -> OperationError:
    return OperationError(
        what,
        where=f"{host.name} {args.service}",
        fix=f"See `docker service ps --no-trunc {args.name}` on {host.name}.",
        detail=failures(host.engine, seen.tasks) if seen else [],
    )
