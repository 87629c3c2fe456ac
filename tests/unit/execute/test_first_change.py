"""A run takes the deploy lock before its first change, and looks again at what it has seen before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from phlo.errors import LockError, OperationError
from phlo.execute import Outcome, run
from phlo.execute.scheduler import TakeLock
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host, ReadHost
from phlo.plan.graph import Plan, ordered
from phlo.values import Change, Step


def refuse(timeout_seconds: float | None) -> Any:
    raise AssertionError("these tests ask no engine")


@dataclass
class World:
    """What is there: names that are missing, which an operation creates; and what happened, in order."""

    missing: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)
    looks_inside: bool = False
    looking: Callable[[str], None] = lambda name: None

    def observe(self, args: str, host: ReadHost) -> bool:
        self.lines.append(f"look {args}")
        if self.looks_inside:
            with suppress(AssertionError):  # there is no engine
                host.query("container", ["true"])
        is_missing, is_broken = args in self.missing, args in self.broken
        self.looking(args)
        if is_broken:
            raise OperationError("cannot be read", where=args)
        return is_missing

    def decide(self, args: str, seen: bool) -> list[Change]:
        return [Change(at=args, verb="create", causes=("not found",))] if seen else []

    def apply(self, change: Change, args: str, seen: bool, host: Host) -> None:
        self.lines.append(f"create {args}")
        self.missing.discard(args)

    def run(self, *steps: tuple[str, ...], take_lock: TakeLock | None, check: bool = False) -> Outcome:
        plan = Plan(title="up", project="test", steps=ordered([step(*names) for names in steps]))
        host = Host(name="local", engine=Engine(refuse, name="local"))
        return run(
            plan,
            {"local": host},
            emit=lambda event: None,
            run_id="r",
            take_lock=take_lock,
            check=check,
            find=lambda name: self,  # type: ignore[arg-type,return-value]
        )


def step(name: str, *after: str) -> Step:
    needs = tuple(f"local/{need}/{need}" for need in after)
    return Step(host="local", service=name, name=name, operation="world", args=name, after=needs)


def test_a_run_without_changes_takes_no_lock() -> None:
    def take(*_: Any) -> bool:
        raise AssertionError("nothing is to be changed")

    assert World().run(("a",), ("b", "a"), take_lock=take).status == "ok"


@pytest.mark.parametrize("is_check", [True, False])
def test_check_mode_takes_no_lock_whatever_it_finds(is_check: bool) -> None:
    world, taken = World(missing={"a"}), list[str]()

    def take(read: Any, still_holds: Callable[[], bool]) -> bool:
        taken.append("lock")
        return still_holds()

    world.run(("a",), take_lock=take, check=is_check)

    assert taken == ([] if is_check else ["lock"])


def test_the_lock_is_taken_once_before_the_first_change_whose_step_alone_looks_again() -> None:
    world = World(missing={"b", "c"})

    def take(read: Any, still_holds: Callable[[], bool]) -> bool:
        world.lines.append("lock")
        return still_holds()

    assert world.run(("a",), ("b", "a"), ("c", "b"), take_lock=take).status == "changed"
    assert world.lines == ["look a", "look b", "lock", "look b", "create b", "look c", "create c"]


def test_a_step_whose_change_somebody_else_has_made_meanwhile_makes_none() -> None:
    world = World(missing={"a"})

    def take(read: Any, still_holds: Callable[[], bool]) -> bool:
        world.missing.clear()
        return still_holds()

    assert world.run(("a",), take_lock=take).status == "ok"
    assert world.lines == ["look a", "look a"]


def test_what_has_changed_since_it_was_looked_at_makes_the_outcome_stale_and_nothing_is_changed() -> None:
    world = World(missing={"b"})

    outcome = world.run(("a",), ("b", "a"), ("c", "b"), take_lock=lambda read, still_holds: False)

    assert outcome.is_stale
    assert world.lines == ["look a", "look b"]


def test_a_look_into_a_container_cannot_be_compared_and_makes_the_outcome_stale() -> None:
    world = World(missing={"b"}, looks_inside=True)

    outcome = world.run(("a",), ("b", "a"), take_lock=lambda read, still_holds: still_holds())

    assert outcome.is_stale
    assert world.lines == ["look a", "look b"]


def test_a_step_that_looks_while_the_lock_is_taken_looks_again() -> None:
    world, is_taken = World(missing={"b"}), threading.Event()
    world.looking = lambda name: is_taken.wait(10) if name == "a" and world.lines.count("look a") == 1 else None

    def take(read: Any, still_holds: Callable[[], bool]) -> bool:
        is_held = still_holds()
        world.missing.add("a")  # after it was looked at: what the first look gave is out of date
        is_taken.set()
        return is_held

    outcome = world.run(("a",), ("b",), take_lock=take)

    assert outcome.status == "changed"
    assert {"create a", "create b"} <= set(world.lines)


def test_a_failure_is_looked_at_again_under_the_lock() -> None:
    world = World(broken={"a"})

    def take(read: Any, still_holds: Callable[[], bool]) -> bool:
        world.broken.clear()  # another run was half-way through
        return still_holds()

    assert world.run(("a",), take_lock=take).status == "ok"


def test_a_lock_that_is_refused_ends_the_run_with_its_error_and_no_change() -> None:
    world = World(missing={"a", "b"})

    def take(*_: Any) -> bool:
        raise LockError("held by alice", where="local")

    with pytest.raises(LockError, match="held by alice"):
        world.run(("a",), ("b",), take_lock=take)
    assert not [line for line in world.lines if line.startswith("create")]
