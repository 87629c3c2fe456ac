"""How making the changes of an operation ends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from phlo.execute.converge import Observation, converge
from phlo.hosts.host import Host
from phlo.operations import Operation
from phlo.values import Change, Status

PLANNED = Change(at="image:a", verb="pull", causes=("not on the host",))
MADE = Change(at="image:a", verb="build", causes=("not on the host", "cannot be pulled"))


def ended_with(facts: dict[str, Any] | None) -> tuple[Status, tuple[Change, ...], dict[str, Any]]:
    operation = cast(Operation, SimpleNamespace(apply=lambda change, args, seen, host: facts))
    status, changes, found = converge(operation, None, Observation(None, (PLANNED,)), cast(Host, object()))
    return status, changes, dict(found)


def test_the_changes_that_were_planned_were_made() -> None:
    assert ended_with(None) == (Status.CHANGED, (PLANNED,), {})


def test_an_operation_that_made_another_change_than_planned_says_so() -> None:
    assert ended_with({"changes": (MADE,), "id": "1"}) == (Status.CHANGED, (MADE,), {"id": "1"})
