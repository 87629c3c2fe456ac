"""The order of steps."""

from __future__ import annotations

import random

import pytest

from phlo.errors import PlanError
from phlo.plan.graph import ordered
from phlo.values import Step


def step(name: str, *after: str) -> Step:
    needs = tuple(f"local//{need}" for need in after)
    return Step(host="local", service="", name=name, operation="wait", args=None, after=needs)


def names(steps: tuple[Step, ...]) -> list[str]:
    return [step.name for step in steps]


def test_steps_come_after_what_they_need() -> None:
    assert names(ordered([step("c", "b"), step("b", "a"), step("a")])) == ["a", "b", "c"]


def test_steps_stay_as_given_where_nothing_orders_them() -> None:
    assert names(ordered([step("b"), step("a"), step("c")])) == ["b", "a", "c"]


def test_a_cycle_is_shown_as_a_path() -> None:
    with pytest.raises(PlanError, match="local//a -> local//c -> local//b -> local//a"):
        ordered([step("a", "c"), step("b", "a"), step("c", "b")])


def test_a_step_that_needs_itself_is_a_cycle() -> None:
    with pytest.raises(PlanError, match="local//a -> local//a"):
        ordered([step("a", "a")])


def test_an_unknown_need_is_named() -> None:
    with pytest.raises(PlanError, match="local//a needs local//b, which is not in the plan"):
        ordered([step("a", "b")])


def test_two_steps_cannot_have_one_id() -> None:
    with pytest.raises(PlanError, match="two steps have the id local//a"):
        ordered([step("a"), step("a")])


def test_a_chain_of_ten_thousand_steps_is_ordered() -> None:
    chain = [step(f"s{number}", *([f"s{number + 1}"] if number < 9999 else [])) for number in range(10_000)]
    assert names(ordered(chain))[:2] == ["s9999", "s9998"]


@pytest.mark.parametrize("seed", range(20))
def test_any_graph_without_cycles_is_ordered_and_always_alike(seed: int) -> None:
    chance = random.Random(seed)
    steps = [
        step(f"s{number}", *(f"s{other}" for other in range(number) if chance.random() < 0.2)) for number in range(30)
    ]
    chance.shuffle(steps)
    result = ordered(steps)
    place = {each.id: index for index, each in enumerate(result)}
    assert len(result) == 30
    assert all(place[need] < place[each.id] for each in result for need in each.after)
    assert result == ordered(steps)
