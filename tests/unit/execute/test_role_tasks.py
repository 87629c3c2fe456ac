"""The tasks of a role as one step of a plan: each an event of its own, looked at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from phlo.config.project import Project
from phlo.errors import OperationError
from phlo.events import Event, StepFinished, StepId, TaskId
from phlo.execute import Outcome, run
from phlo.execute.scheduler import TakeLock
from phlo.frozen import dataclass, field
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host, ReadHost
from phlo.inventory import load
from phlo.inventory.hosts import Inventory
from phlo.operations import operation
from phlo.operations.fields import positional
from phlo.plan.graph import Plan
from phlo.plan.role_tasks import RoleTasks
from phlo.playbook.load import Loader
from phlo.playbook.model import Play
from phlo.playbook.operations import Operations
from phlo.playbook.source import Origin, Raw
from phlo.values import Change, Status, Step

TASKS = """
- {name: first, touch: a}
- {name: second, touch: b, register: made}
- {name: third, debug: {msg: "{{ made.path }}"}}
"""


def refuse(timeout_seconds: float | None) -> Any:
    raise AssertionError("these tests ask no engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchArgs:
    path: str = positional()


@dataclass(slots=True, kw_only=True)
class Touch:
    """An operation that keeps a diary. there: the paths that need no touch. broken: those that cannot be touched."""

    there: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)

    def observe(self, args: TouchArgs, host: ReadHost) -> bool:
        assert isinstance(host, ReadHost)
        self.lines.append(f"look {args.path}")
        return args.path in self.there

    def decide(self, args: TouchArgs, seen: bool) -> list[Change]:
        return [] if seen else [Change(at=f"path:{args.path}", verb="create", causes=("not found",))]

    def apply(self, change: Change, args: TouchArgs, seen: bool, host: Host) -> Mapping[str, str]:
        if args.path in self.broken:
            raise OperationError(f"cannot touch {args.path}", where=host.name)
        self.lines.append(f"touch {args.path}")
        self.there.add(args.path)
        return {"path": args.path}

    def facts(self, args: TouchArgs, seen: bool) -> Mapping[str, str]:
        return {"path": args.path}

    @property
    def Args(self) -> type[TouchArgs]:  # noqa: N802 - the name that operations have for it
        return TouchArgs


class Known:
    """The operations that the tasks use."""

    def __init__(self, touch: Touch) -> None:
        self._touch = touch

    def find(self, name: str) -> Any:
        return self._touch if name == "touch" else operation(name)


RunTasks = Callable[..., tuple[Outcome, list[Event]]]


@pytest.fixture
def run_tasks(tmp_path: Path) -> RunTasks:
    """Runs a plan whose only step is that of a role's tasks."""
    (tmp_path / "tasks").mkdir()

    def run_them(
        touch: Touch,
        *,
        take_lock: TakeLock | None = None,
        check: bool = False,
        text: str = TASKS,
        inventory: Inventory | None = None,
    ) -> tuple[Outcome, list[Event]]:
        (tmp_path / "tasks" / "main.yaml").write_text(text)
        names = {*Operations(installed={}).names(), "touch"}
        loader = Loader(root=tmp_path, services={}, operations=names)
        origin = Origin(None, name="web")
        play = Play(
            name="web",
            hosts=Raw(["local"], origin),
            sections=(loader.tasks(tmp_path / "tasks" / "main.yaml"),),
            folder=tmp_path,
            origin=origin,
        )
        tasks = RoleTasks(
            service="web",
            text=text,
            play=play,
            project=Project(name="lake", root=tmp_path, services={}),
            inventory=inventory or load(),
            loader=loader,
            operations=Known(touch),  # type: ignore[arg-type]
        )
        step = Step(host="local", service="web", name="tasks", operation="tasks", args=tasks)
        events: list[Event] = []
        outcome = run(
            Plan(title="up", project="lake", steps=(step,)),
            {"local": Host(name="local", engine=Engine(refuse, name="local"))},
            emit=events.append,
            run_id="r",
            take_lock=take_lock,
            check=check,
        )
        return outcome, events

    return run_them


def ends(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.step.name, event.status.value) for event in events if isinstance(event, StepFinished)]


def test_a_task_is_looked_at_once_and_changed_by_what_was_seen(run_tasks: RunTasks) -> None:
    touch = Touch()
    outcome, _ = run_tasks(touch)
    assert touch.lines == ["look a", "touch a", "look b", "touch b"]
    assert [change.at for change in outcome.steps["local/web/tasks"].changes] == ["path:a", "path:b"]


def test_each_task_is_an_event_of_its_own_and_a_part_of_the_step(run_tasks: RunTasks) -> None:
    _, events = run_tasks(Touch(there={"a"}))
    assert ends(events) == [("first", "ok"), ("second", "changed"), ("third", "ok"), ("tasks", "changed")]
    found = [event.step for event in events if isinstance(event, StepFinished)]
    assert found[0] == TaskId(
        host="local", play="web", number=1, name="first", operation="touch", service="web", parent="local/web/tasks"
    )
    assert isinstance(found[-1], StepId)


def test_check_mode_looks_at_each_task_once_and_shows_one_change_of_the_step(run_tasks: RunTasks) -> None:
    touch = Touch(there={"a"})
    outcome, _ = run_tasks(touch, check=True)
    assert touch.lines == ["look a", "look b"]
    result = outcome.steps["local/web/tasks"]
    assert (result.status, [change.at for change in result.changes]) == (Status.PENDING, ["tasks:web"])


def test_without_a_change_no_lock_is_taken(run_tasks: RunTasks) -> None:
    touch = Touch(there={"a", "b"})
    outcome, events = run_tasks(touch, take_lock=lambda read, still_holds: pytest.fail("nothing is to be changed"))
    assert outcome.status == "ok"
    assert touch.lines == ["look a", "look b"]
    assert ends(events) == [("first", "ok"), ("second", "ok"), ("third", "ok"), ("tasks", "ok")]


def test_the_lock_is_taken_before_the_first_change_and_the_tasks_start_over(run_tasks: RunTasks) -> None:
    touch = Touch(there={"a"})

    def take(read: Any, still_holds: Callable[[], bool]) -> bool:
        touch.lines.append("lock")
        touch.there.remove("a")  # by a run that had the lock until now
        return still_holds()

    outcome, events = run_tasks(touch, take_lock=take)
    assert outcome.status == "changed"
    assert touch.lines == ["look a", "look b", "lock", "look a", "touch a", "look b", "touch b"]
    assert ends(events)[:2] == [("first", "changed"), ("second", "changed")]


def test_no_task_changes_anything_when_the_lock_is_not_to_be_had(run_tasks: RunTasks) -> None:
    touch = Touch()
    outcome, _ = run_tasks(touch, take_lock=lambda read, still_holds: False)
    assert outcome.is_stale
    assert touch.lines == ["look a"]


def test_a_failed_task_says_where_it_is_written_and_fails_the_step(run_tasks: RunTasks) -> None:
    outcome, events = run_tasks(Touch(broken={"b"}))
    assert outcome.status == "failed"
    assert ends(events) == [("first", "changed"), ("second", "failed"), ("tasks", "failed")]
    failed = [event for event in events if isinstance(event, StepFinished)][1]
    assert failed.where == "tasks/main.yaml:3"
    assert "cannot touch b" in failed.message


@pytest.mark.parametrize("check", [True, False])
def test_a_task_sees_the_variables_of_hosts_that_the_run_does_not_reach(
    check: bool, run_tasks: RunTasks, tmp_path: Path
) -> None:
    (tmp_path / "hosts.yaml").write_text("all: {hosts: {local: {}, other: {colour: blue}}}\n")
    text = "- {name: say, debug: {msg: '{{ hostvars.other.colour }} of {{ hostvars | length }}'}}\n"
    outcome, events = run_tasks(Touch(), check=check, text=text, inventory=load([tmp_path / "hosts.yaml"]))
    assert outcome.failures == ()
    assert next(event.message for event in events if isinstance(event, StepFinished)) == "blue of 2"
