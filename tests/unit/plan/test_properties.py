"""What holds for every plan: no cycle is missed, the order is respected, and equal inputs give an equal plan."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from phlo import inventory
from phlo.config.resolve import resolve
from phlo.discovery.catalog import Catalog
from phlo.errors import PlanError
from phlo.plan import Plan, build, build_down
from phlo.plan.graph import ordered
from phlo.values import Step

Needs = Mapping[str, frozenset[str]]
NAMES = [f"s{number}" for number in range(8)]
CHECKED = set(NAMES[::2])  # those with a health check

any_graph: some.SearchStrategy[Needs] = some.fixed_dictionaries(
    {name: some.frozensets(some.sampled_from(NAMES), max_size=3) for name in NAMES}
)
# What a service needs comes before it in NAMES, so nothing can wait for itself.
acyclic_graph: some.SearchStrategy[Needs] = some.fixed_dictionaries(
    {
        name: some.frozensets(some.sampled_from(NAMES[:at]), max_size=3) if at else some.just(frozenset())
        for at, name in enumerate(NAMES)
    }
)
shuffled = some.permutations(NAMES)


def has_cycle(needs: Needs) -> bool:
    try:
        TopologicalSorter(needs).prepare()
    except CycleError:
        return True
    return False


def steps(needs: Needs, order: list[str]) -> list[Step]:
    return [
        Step(
            host="local",
            service="",
            name=name,
            operation="wait",
            args=None,
            after=tuple(f"local//{need}" for need in sorted(needs[name])),
        )
        for name in order
    ]


def plan_of(needs: Needs, order: list[str]) -> Plan:
    """The plan of `up` for services that depend on each other, written into phlo.yaml in an order."""
    services = {
        name: {
            "type": "inline",
            "image": "x:1",
            "depends_on": sorted(needs[name]),
            **({"healthcheck": {"test": ["CMD", "true"]}} if name in CHECKED else {}),
        }
        for name in order
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "phlo.yaml").write_text(json.dumps({"name": "lake", "services": services}))
        catalog = Catalog(services={}, plugins=(), problems=(), inputs=())
        project = resolve(catalog, inventory.load([], root=root), root=root, environ={})
        return build(project)


def waits_for(plan: Plan) -> dict[str, set[str]]:
    """Step -> all that must have ended before it, directly or not; the plan's order must allow for it."""
    before: dict[str, set[str]] = {}
    for step in plan.steps:
        before[step.id] = set(step.after).union(*(before[need] for need in step.after))
    return before


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_graph, shuffled)
def test_no_cycle_is_missed_and_none_is_invented(needs: Needs, order: list[str]) -> None:
    if not has_cycle(needs):
        assert {step.name for step in ordered(steps(needs, order))} == set(NAMES)
        return
    with pytest.raises(PlanError) as caught:
        ordered(steps(needs, order))
    path = caught.value.what.removeprefix("these steps wait for each other: ").replace("local//", "").split(" -> ")
    assert path[0] == path[-1]
    assert all(later in needs[step] for step, later in pairwise(path))


@given(acyclic_graph, shuffled)
def test_every_step_comes_after_what_it_needs(needs: Needs, order: list[str]) -> None:
    result = ordered(steps(needs, order))
    place = {step.id: index for index, step in enumerate(result)}
    assert all(place[need] < place[step.id] for step in result for need in step.after)
    assert result == ordered(steps(needs, order))


@settings(max_examples=25, deadline=None)
@given(acyclic_graph, shuffled)
def test_a_plan_is_the_same_in_whatever_order_services_are_written(needs: Needs, order: list[str]) -> None:
    assert plan_of(needs, order) == plan_of(needs, NAMES)


@settings(max_examples=25, deadline=None)
@given(acyclic_graph, shuffled)
def test_a_container_waits_until_all_that_its_service_depends_on_is_healthy_or_started(
    needs: Needs, order: list[str]
) -> None:
    plan = plan_of(needs, order)
    before = waits_for(plan)
    gates = {step.service: step.id for step in plan.steps if step.gate}
    containers = {step.service: step.id for step in plan.steps if step.operation == "container"}
    assert set(containers) == set(NAMES)
    for service, needed in needs.items():
        ready = {(gates if other in CHECKED else containers)[other] for other in needed}
        assert ready <= before[containers[service]]


@settings(max_examples=25, deadline=None)
@given(any_graph, shuffled)
def test_services_that_depend_on_each_other_are_refused_with_their_names(needs: Needs, order: list[str]) -> None:
    if not has_cycle(needs):
        plan_of(needs, order)
        return
    with pytest.raises(PlanError, match=r"s\d.* -> .*s\d"):
        plan_of(needs, order)


@given(acyclic_graph, some.booleans())
def test_a_service_is_taken_down_after_all_that_depend_on_it(needs: Needs, with_volumes: bool) -> None:
    plan = build_down("lake", ["a", "b"], needs, with_volumes=with_volumes)
    before = waits_for(plan)
    for host in ("a", "b"):
        for service, needed in needs.items():
            for other in needed:
                assert f"{host}/{service}/containers" in before[f"{host}/{other}/containers"]
        assert before[f"{host}//networks"] >= {f"{host}/{service}/containers" for service in needs}
