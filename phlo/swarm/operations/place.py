"""On which hosts the tasks of a Swarm service are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import OperationError
from phlo.hosts.engine_reader import EngineReader
from phlo.labels import LABEL_PROJECT, LABEL_SERVICE, NODE_HOST
from phlo.swarm.operations.tasks import Task, current_tasks, tasks_of


def hosts_of(manager: EngineReader, project: str, service: str) -> tuple[str, ...]:
    """The hosts on which tasks of a service run, by their names in the inventory and each once, the first task first.

    Of a job that has ended those where it ran; of a service that is not there none. Raises OperationError for a node
    that the inventory does not know.
    """
    labels = [f"{LABEL_PROJECT}={project}", f"{LABEL_SERVICE}={service}"]
    found = manager.get("/services", filters={"label": labels})
    if not found:
        return ()
    tasks = [task for task in tasks_of(manager, found[0]["ID"]) if _is_there(task)]
    mine = current_tasks(found[0], tasks) or tasks
    nodes = dict.fromkeys(task["NodeID"] for task in sorted(mine, key=_rank))
    names = {node["ID"]: _name(node) for node in manager.get("/nodes") if node["ID"] in nodes} if nodes else {}
    return tuple(names[node] for node in nodes if node in names)


def _is_there(task: Task) -> bool:
    """Whether a task's container runs, or did until it had done what it was for."""
    state, is_job = task["Status"]["State"], "JobIteration" in task
    return (state == "running" and task["DesiredState"] != "shutdown") or (is_job and state == "complete")


def _rank(task: Task) -> tuple[bool, int, str]:
    return task["Status"]["State"] != "running", task.get("Slot") or 0, task["NodeID"]


def _name(node: Mapping[str, Any]) -> str:
    """The host that a node is, which `phlo swarm join` has written on it."""
    labels = node["Spec"].get("Labels") or {}
    found: str | None = next((label.removeprefix(NODE_HOST) for label in labels if label.startswith(NODE_HOST)), None)
    if found is None:
        what = f"the node {node['Description']['Hostname']}, on which a task is, is not a host of the inventory"
        raise OperationError(what, fix="Run `phlo swarm join`, which sets the names of nodes.")
    return found
