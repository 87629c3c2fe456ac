"""The plan that goes back to what ran before a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from phlo.errors import PlanError
from phlo.hosts.live import Kept
from phlo.operations import rollback, wait
from phlo.operations.hook import AroundStop
from phlo.plan.graph import Plan, ordered
from phlo.plan.orchestrator import Work, orchestrator_of
from phlo.values import Secret, Step, step_id


def to_put_back(kept: Sequence[Kept], run: str | None) -> tuple[Kept, ...]:
    """The containers to put back so that what ran before `run` runs again; None: before the last run there was.

    What later runs replaced goes back as well. Raises PlanError when nothing was kept, and when what a service ran
    before `run` is gone because it was replaced more than once since.
    """
    if not kept:
        raise PlanError(
            "there is nothing to roll back: no replaced container is kept",
            fix="phlo keeps one for each service that a run has recreated.",
        )
    run = run or max(one.replaced_by for one in kept)
    found = tuple(one for one in kept if one.replaced_by >= run)
    if not found:
        raise PlanError(
            f"nothing was replaced by the run {run} or since",
            fix=f"The last run that replaced something is {max(one.replaced_by for one in kept)}.",
        )
    gone = [one for one in found if one.made_by >= run]
    if gone:
        raise PlanError(
            f"what ran before the run {run} is not all there any more",
            fix="Only what the last change of a service replaced is kept. `phlo rollback` alone goes back one run.",
            detail=[f"{one.host} {one.service}: replaced again by the run {one.replaced_by}" for one in gone],
        )
    return found


def build_rollback(
    project: str,
    kept: Iterable[Kept],
    dependencies: Mapping[str, Collection[str]],
    *,
    gate_timeout_seconds: float,
    hooks: Mapping[str, AroundStop] | None = None,
    secrets: tuple[Secret, ...] = (),
) -> Plan:
    """The steps that put containers back, a service after those it depends on, each with a gate.

    hooks: service -> the hooks around its stops.
    """
    steps: list[Step] = []
    by_service: dict[tuple[str, str], list[Kept]] = {}
    for one in kept:
        by_service.setdefault((one.host, one.service), []).append(one)
    gates = {
        key: [step_id(one.host, one.service, f"ready:{one.instance}") for one in ones]
        for key, ones in by_service.items()
    }
    for (host, service), ones in by_service.items():
        around_stop = (hooks or {}).get(service, AroundStop())
        after = [gate for other in dependencies.get(service, ()) for gate in gates.get((host, other), ())]
        for one in ones:
            steps += _steps(one, tuple(after), gate_timeout_seconds, around_stop)
    return Plan(title="rollback", project=project, steps=ordered(steps), secrets=secrets)


def _steps(one: Kept, after: tuple[str, ...], timeout_seconds: float, around_stop: AroundStop) -> tuple[Step, Step]:
    """What puts a version back, and its gate."""
    (operation, arguments), (gate, gate_arguments) = _work(
        one, timeout_seconds, around_stop, f"it ran before the run {one.replaced_by}"
    )
    back = Step(
        host=one.host,
        service=one.service,
        name=f"rollback:{one.instance}",
        operation=operation,
        args=arguments,
        after=after,
    )
    ready = Step(
        host=one.host,
        service=one.service,
        name=f"ready:{one.instance}",
        operation=gate,
        args=gate_arguments,
        after=(back.id,),
        gate=True,
    )
    return back, ready


def _work(one: Kept, timeout_seconds: float, around_stop: AroundStop, cause: str) -> tuple[Work, Work]:
    if one.orchestrator:
        return orchestrator_of(one.orchestrator).rollback_work(one, timeout_seconds, around_stop, cause)
    back = rollback.Args(service=one.service, name=one.name, kept=one.kept, cause=cause, around_stop=around_stop)
    gate = wait.Args(container=one.name, service=one.service, timeout_seconds=timeout_seconds)
    return ("rollback", back), ("wait", gate)
