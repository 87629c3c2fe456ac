"""The changes of a step are made in order, or side by side where the operation says that they are independent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from phlo.errors import OperationError
from phlo.execute.changes import apply_all
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.values import Change

CHANGES = [Change(at=name, verb="remove", causes=()) for name in ("a", "b", "c")]


def refuse(timeout_seconds: float | None) -> Any:
    raise AssertionError("these tests ask no engine")


HOST = Host(name="local", engine=Engine(refuse, name="local"))


class Operation:
    """Does something for each change. independent: what it says of its changes, None: nothing."""

    def __init__(self, act: Callable[[str], None], *, independent: bool | None) -> None:
        self.made: list[str] = []
        self._act = act
        if independent is not None:
            self.are_independent = lambda args: independent

    def observe(self, args: Any, host: Any) -> Any: ...

    def decide(self, args: Any, seen: Any) -> list[Change]:
        return CHANGES

    def apply(self, change: Change, args: Any, seen: Any, host: Host) -> dict[str, Any]:
        self._act(change.at)
        self.made.append(change.at)
        return {"made": change.at}


def facts(operation: Operation) -> list[str]:
    return [found["made"] for found in apply_all(operation, CHANGES, None, None, HOST) if found]


def test_independent_changes_are_made_at_the_same_time() -> None:
    all_there = threading.Barrier(len(CHANGES), timeout=30)
    operation = Operation(lambda name: all_there.wait() and None, independent=True)

    assert facts(operation) == ["a", "b", "c"]


@pytest.mark.parametrize("independent", [None, False])
def test_other_changes_are_made_in_their_order_and_stop_at_the_first_that_fails(independent: bool | None) -> None:
    operation = Operation(fail_at("b"), independent=independent)

    with pytest.raises(OperationError, match="b failed"):
        facts(operation)
    assert operation.made == ["a"]


def test_an_independent_change_that_fails_does_not_keep_the_others_from_being_made() -> None:
    operation = Operation(fail_at("b"), independent=True)

    with pytest.raises(OperationError, match="b failed"):
        facts(operation)
    assert sorted(operation.made) == ["a", "c"]


def fail_at(name: str) -> Callable[[str], None]:
    def act(at: str) -> None:
        if at == name:
            raise OperationError(f"{name} failed")

    return act
