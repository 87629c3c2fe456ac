"""The tasks of a Swarm service: how many run, and why those that failed did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from phlo.bounded import MOST_LOG_BYTES, excerpt_of, last_lines
from phlo.errors import EngineError, HostError
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.frames import demultiplex

LOG_LINES = 20
MOST_FAILURES = 3
_FAILED = ("failed", "rejected")
Task = Mapping[str, Any]


def tasks_of(engine: EngineReader, service: str) -> tuple[Task, ...]:
    """Tasks of a service, the newest first. service: its id."""
    listed = engine.get("/tasks", filters={"service": [service]})
    return tuple(sorted(listed, key=lambda task: str(task["Status"].get("Timestamp", "")), reverse=True))


def current_tasks(service: Mapping[str, Any], tasks: Sequence[Task]) -> list[Task]:
    """The tasks of the version that the service shall have."""
    template = service["Spec"]["TaskTemplate"]
    return [
        task
        for task in tasks
        if task["Spec"].get("ContainerSpec") == template.get("ContainerSpec")
        and task["Spec"].get("ForceUpdate", 0) == template.get("ForceUpdate", 0)
        and task.get("JobIteration") == (service.get("JobStatus") or {}).get("JobIteration")
    ]


def has_failed_job(service: Mapping[str, Any], tasks: Sequence[Task]) -> bool:
    """Whether a job has ended without success, and will not be tried again."""
    mine = current_tasks(service, tasks)
    is_over = all(task["DesiredState"] in ("shutdown", "remove") for task in mine)
    return is_over and any(task["Status"]["State"] in _FAILED for task in mine)


def told(service: Mapping[str, Any], tasks: Sequence[Task]) -> str:
    """How far an update is, in words."""
    running = [task for task in tasks if task["Status"]["State"] == "running" and task["DesiredState"] == "running"]
    state = (service.get("UpdateStatus") or {}).get("State", "")
    new = len(current_tasks(service, running))
    words = "going back to the version before" if state.startswith("rollback") else "the new version"
    return f"{words}: {new} of {len(running)} tasks that run"


def failed_tasks(tasks: Sequence[Task]) -> list[Task]:
    return [task for task in tasks if task["Status"]["State"] in _FAILED]


def failures(engine: EngineReader, tasks: Sequence[Task]) -> list[str]:
    """Why the last tasks that failed did, and what the last of them wrote."""
    failed = failed_tasks(tasks)
    if not failed:
        waiting = [task["Status"] for task in tasks if task["Status"]["State"] == "pending"]
        return [f"a task waits: {status['Err']}" for status in waiting[:1] if status.get("Err")]
    nodes = _node_names(engine)
    lines = []
    for task in failed[:MOST_FAILURES]:
        status = task["Status"]
        where = nodes.get(task.get("NodeID", ""), "no node")
        lines.append(f"task on {where}: {status.get('Err') or status.get('Message') or status['State']}")
    return [*dict.fromkeys(lines), *_log(engine, failed[0])]


def _node_names(engine: EngineReader) -> dict[str, str]:
    return {node["ID"]: node["Description"]["Hostname"] for node in engine.get("/nodes")}


def _log(engine: EngineReader, task: Task) -> list[str]:
    if not (task["Status"].get("ContainerStatus") or {}).get("ContainerID"):
        return []
    try:
        pieces = engine.get_bytes(f"/tasks/{task['ID']}/logs", stdout=True, stderr=True, tail=LOG_LINES)
        is_terminal = (task["Spec"].get("ContainerSpec") or {}).get("TTY")
        text = excerpt_of(pieces if is_terminal else demultiplex(pieces), MOST_LOG_BYTES).text()
    except (EngineError, HostError):
        return []  # its container is gone, or its node
    lines = last_lines(text, LOG_LINES)
    return ["its last log lines:", *(f"  {line}" for line in lines)] if lines else ["it wrote no log lines"]
