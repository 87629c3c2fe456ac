"""A Swarm service made what it was before the last run that changed it.

The Swarm keeps that version; it is rolled out like any other, and what runs now is kept in its place, so that going
back can be taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.frozen import dataclass, field
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host, ReadHost
from phlo.hosts.live import Kept
from phlo.labels import LABEL_PROJECT, LABEL_RUN, LABEL_SERVICE
from phlo.operations.hook import AroundStop, run_all
from phlo.swarm.operations.facts import differences, stops_tasks
from phlo.swarm.operations.rollout import await_rollout, put_back, update
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """name: the service's in the Swarm. made_by: the run that made the version to roll back to. cause: for the plan.

    around_stop: the service's hooks. timeout_seconds: how long the version may take on all nodes.
    """

    service: str
    name: str
    made_by: str
    cause: str
    around_stop: AroundStop = AroundStop()
    timeout_seconds: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """current: the inspect answer, None when there is no such service. networks: id -> name."""

    current: Mapping[str, Any] | None
    networks: Mapping[str, str] = field(default_factory=dict)


def observe(args: Args, host: ReadHost) -> Seen:
    current = host.engine.get_or_none(f"/services/{path_part(args.name)}")
    networks = {network["Id"]: network["Name"] for network in host.engine.get("/networks")} if current else {}
    return Seen(current=current, networks=networks)


def decide(args: Args, seen: Seen) -> list[Change]:
    """One change, or none when the version before is another one (it is in its place already)."""
    if seen.current is None or not (before := version_before(seen.current)):
        return []
    if before["Labels"].get(LABEL_RUN, "") != args.made_by:
        return []
    there = seen.current["Spec"]
    hooks = args.around_stop.changes() if stops_tasks(before, there, seen.networks) else ()
    causes = (args.cause, *differences(before, there, seen.networks))
    return [*hooks, Change(at=f"service:{args.name}", verb="restore", causes=causes, data=bool(hooks))]


def apply(change: Change, args: Args, seen: Seen, host: Host) -> None:
    """Roll it out; what ran is restored when it does not become ready."""
    if change.verb == "run":  # a hook is run by the change that stops tasks
        return
    current = host.engine.get(f"/services/{path_part(args.name)}")
    before = version_before(current) or current["Spec"]
    around_stop = args.around_stop if change.data else AroundStop()
    host.on_undo(lambda: put_back(args, host))
    run_all(around_stop.before, host)
    update(host, args, {**before, "Labels": {**before["Labels"], LABEL_RUN: host.run_id}})
    await_rollout(args, host)
    run_all(around_stop.after, host)


def version_before(service: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a service was before the run that made it what it is.

    None when the Swarm does not have that any more, and for jobs and what was stopped then: neither ran.
    """
    before: Mapping[str, Any] | None = service.get("PreviousSpec")
    if not before or not ("Global" in before["Mode"] or (before["Mode"].get("Replicated") or {}).get("Replicas")):
        return None
    made_by, replaced_by = _run(before), _run(service["Spec"])
    return before if made_by and made_by < replaced_by else None


def kept_services(manager: EngineReader, project: str, *, host: str) -> list[Kept]:
    """The services of a project of which a Swarm keeps the version before. host: the manager's name."""
    listed = manager.get("/services", filters={"label": [f"{LABEL_PROJECT}={project}"]})
    return [
        Kept(
            host=host,
            service=one["Spec"]["Labels"].get(LABEL_SERVICE, ""),
            instance=1,
            name=one["Spec"]["Name"],
            orchestrator="swarm",
            made_by=_run(before),
            replaced_by=_run(one["Spec"]),
        )
        for one in sorted(listed, key=lambda one: str(one["Spec"]["Name"]))
        if (before := version_before(one))
    ]


def _run(spec: Mapping[str, Any]) -> str:
    """The run that made a service what it is; they sort by time."""
    return str((spec.get("Labels") or {}).get(LABEL_RUN, ""))
