"""How a run goes through its steps, with operations that only keep a diary."""

from __future__ import annotations

import errno
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from phlo.errors import HostError, OperationError, PhloError
from phlo.events import Event, Note, StepFinished, StepStarted, UndoFinished
from phlo.execute import Outcome, Rollback, run
from phlo.execute.host_sessions import HostSessions
from phlo.execute.step_reasons import CALLED_OFF
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host, ReadHost
from phlo.plan.graph import Plan, ordered
from phlo.values import Change, Rollout, Secret, Status, Step
from tests.support.events import kind_of


def refuse(timeout_seconds: float | None) -> Any:
    raise AssertionError("these tests ask no engine")


HOSTS = {"local": Host(name="local", engine=Engine(refuse, name="local"))}


@dataclass
class Diary:
    """An operation whose arguments say what it does; it notes what was done to it."""

    lines: list[str] = field(default_factory=list)

    def observe(self, args: Mapping[str, Any], host: ReadHost) -> Any:
        assert isinstance(host, ReadHost)
        return args.get("seen")

    def decide(self, args: Mapping[str, Any], seen: Any) -> list[Change]:
        if args.get("idle"):
            return []
        counted = not args.get("uncounted")
        return [Change(at=args["name"], verb=args.get("verb", "create"), causes=("not found",), is_counted=counted)]

    def apply(self, change: Change, args: Mapping[str, Any], seen: Any, host: Host) -> None:
        self.lines.append(f"apply {change.at}")
        if args.get("undoable"):
            host.on_undo(lambda: self.lines.append(f"undo {change.at}"))
            host.on_finish(lambda: self.lines.append(f"finish {change.at}"))
        act: Callable[[Host], None] | None = args.get("act")
        if act:
            act(host)


def step(
    name: str,
    *after: str,
    service: str = "",
    gate: bool = False,
    when: tuple[str, ...] = (),
    when_pending: tuple[str, ...] = (),
    **args: Any,
) -> Step:
    arguments = {"name": name, **args}
    return Step(
        host="local",
        service=service or name,
        name=name,
        operation="diary",
        args=arguments,
        after=after,
        gate=gate,
        when_changed=when,
        when_pending=when_pending,
    )


def planned(*steps: Step, **more: Any) -> Plan:
    """A plan of steps that refer to each other by their names."""
    ids = {one.name: one.id for one in steps}

    def named(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(ids.get(name, name) for name in names)

    def rolled(rollout: Rollout | None) -> Rollout | None:
        return rollout and replace(rollout, gates=named(rollout.gates), images=named(rollout.images))

    linked = [
        replace(
            one,
            after=named(one.after),
            when_changed=named(one.when_changed),
            when_pending=named(one.when_pending),
            rollout=rolled(one.rollout),
        )
        for one in steps
    ]
    return Plan(title="up", project="test", steps=ordered(linked), **more)


def fail(error: PhloError) -> Callable[[Host], None]:
    def act(host: Host) -> None:
        raise error

    return act


def carry_out(*steps: Step, **options: Any) -> tuple[Outcome, list[str], list[Event]]:
    diary, events = Diary(), list[Event]()
    plan = planned(*steps, secrets=options.pop("secrets", ()))
    outcome = run(plan, HOSTS, emit=events.append, run_id="r", find=lambda name: diary, **options)
    return outcome, diary.lines, events


def statuses(outcome: Outcome) -> dict[str, str]:
    return {name.rpartition("/")[2]: result.status.value for name, result in outcome.steps.items()}


def test_steps_are_applied_in_the_order_of_their_needs() -> None:
    outcome, lines, _ = carry_out(step("c", "b"), step("a"), step("b", "a"))
    assert lines == ["apply a", "apply b", "apply c"]
    assert outcome.status == "changed"


def test_a_run_without_changes_is_ok_and_applies_nothing() -> None:
    outcome, lines, _ = carry_out(step("a", idle=True), step("b", "a", idle=True))
    assert (outcome.status, lines) == ("ok", [])


def test_a_change_that_does_not_count_leaves_the_run_ok() -> None:
    outcome, lines, _ = carry_out(step("a", uncounted=True))
    assert (outcome.status, lines) == ("ok", ["apply a"])


def test_check_mode_applies_nothing_and_says_what_is_pending() -> None:
    outcome, lines, events = carry_out(step("a"), step("b", "a", uncounted=True), step("c", idle=True), check=True)
    assert lines == []
    assert statuses(outcome) == {"a": "pending", "b": "unknown", "c": "ok"}
    assert outcome.status == "pending"
    assert [end.changes[0].causes for end in ends(events) if end.status is Status.PENDING] == [("not found",)]


def test_a_failed_step_blocks_those_that_need_it_and_no_others() -> None:
    broken = step("broken", act=fail(OperationError("no")))
    outcome, lines, _ = carry_out(broken, step("after", "broken"), step("later", "after"), step("other"))
    assert statuses(outcome) == {"broken": "failed", "after": "blocked", "later": "blocked", "other": "changed"}
    assert outcome.status == "failed"
    assert [error.what for error in outcome.failures] == ["no"]
    assert "apply other" in lines


def test_a_lost_host_is_told_from_a_failed_step() -> None:
    outcome, _, events = carry_out(step("a", act=fail(HostError("gone"))), step("b", "a"))
    assert statuses(outcome) == {"a": "unreachable", "b": "blocked"}
    # The error of the host is shown once, not again for each service.
    assert [end.message for end in ends(events) if end.status is Status.BLOCKED] == [""]
    assert outcome.status == "unreachable"


def test_a_service_is_tidied_up_once_all_its_gates_are_passed() -> None:
    _, lines, _ = carry_out(
        step("x:1", service="x", undoable=True),
        step("x:2", service="x", undoable=True),
        step("gate:1", "x:1", service="x", gate=True, idle=True),
        step("gate:2", "x:2", "gate:1", service="x", gate=True, idle=True),
    )
    assert sorted(lines[:2]) == ["apply x:1", "apply x:2"]
    assert sorted(lines[2:]) == ["finish x:1", "finish x:2"]


def test_a_failed_gate_undoes_the_services_changes_last_first() -> None:
    outcome, lines, events = carry_out(
        step("x:1", service="x", undoable=True),
        step("x:2", "x:1", service="x", undoable=True),
        step("gate", "x:2", service="x", gate=True, act=fail(OperationError("unhealthy"))),
        step("y", undoable=True),
        step("y gate", "y", service="y", gate=True, idle=True),
    )
    assert [line for line in lines if "x" in line] == ["apply x:1", "apply x:2", "undo x:2", "undo x:1"]
    assert "finish y" in lines
    assert (outcome.status, outcome.undone) == ("rolled_back", (("local", "x"),))
    assert [event.status for event in events if isinstance(event, UndoFinished)] == [Status.ROLLED_BACK]


def test_nothing_is_undone_when_rollback_is_off() -> None:
    outcome, lines, _ = carry_out(
        step("x", undoable=True),
        step("gate", "x", service="x", gate=True, act=fail(OperationError("unhealthy"))),
        rollback=Rollback.NONE,
    )
    assert (outcome.status, lines) == ("failed", ["apply x", "apply gate"])


def test_a_stack_goes_back_as_a_whole_when_one_of_its_services_fails() -> None:
    outcome, lines, _ = carry_out(
        step("db", undoable=True),
        step("db gate", "db", service="db", gate=True, idle=True),
        step("web", "db gate", undoable=True),
        step("web gate", "web", service="web", gate=True, act=fail(OperationError("unhealthy"))),
        step("later", "web gate"),
        rollback=Rollback.STACK,
    )
    assert lines == ["apply db", "apply web", "apply web gate", "undo web", "undo db"]
    assert (outcome.status, outcome.undone) == ("rolled_back", (("local", "db"), ("local", "web")))


def test_a_stack_that_goes_back_starts_nothing_more() -> None:
    outcome, lines, _ = carry_out(
        step("broken", act=fail(OperationError("no"))),
        step("first"),
        step("other", "first"),
        forks=1,
        rollback=Rollback.STACK,
    )
    assert statuses(outcome) == {"broken": "failed", "first": "blocked", "other": "blocked"}
    assert lines == ["apply broken"]


def test_a_stack_is_tidied_up_at_the_end_of_a_run_that_went_well() -> None:
    _, lines, _ = carry_out(
        step("db", undoable=True),
        step("db gate", "db", service="db", gate=True, idle=True),
        step("web", "db gate", undoable=True),
        step("web gate", "web", service="web", gate=True, idle=True),
        rollback=Rollback.STACK,
    )
    assert lines == ["apply db", "apply web", "finish db", "finish web"]


def test_a_change_that_is_not_approved_is_not_made() -> None:
    def approve(step: Step, changes: tuple[Change, ...]) -> None:
        if step.name == "b":
            raise OperationError("not in the plan")

    outcome, lines, _ = carry_out(step("a"), step("b"), step("c", idle=True), approve=approve)
    assert lines == ["apply a"]
    assert statuses(outcome) == {"a": "changed", "b": "failed", "c": "ok"}


def test_an_undo_that_fails_is_told_and_the_others_are_made() -> None:
    def act(host: Host) -> None:
        host.on_undo(fail_undo)
        raise OperationError("first")

    def fail_undo() -> None:
        raise OperationError("second")

    outcome, lines, _ = carry_out(step("x", undoable=True, act=act))
    assert [error.what for error in outcome.failures] == ["first", "second"]
    assert lines == ["apply x", "undo x"]


def test_a_follower_runs_only_when_something_changed_that_it_follows() -> None:
    outcome, lines, _ = carry_out(
        step("a"),
        step("b", idle=True),
        step("hook a", "a", when=("a",)),
        step("hook b", "b", when=("b",)),
    )
    assert sorted(lines) == ["apply a", "apply hook a"]
    assert statuses(outcome)["hook b"] == "skipped"


def test_a_forerunner_runs_only_when_what_it_precedes_has_something_to_change() -> None:
    outcome, lines, _ = carry_out(
        step("hook a", when_pending=("a",)),
        step("a", "hook a"),
        step("hook b", when_pending=("b",)),
        step("b", "hook b", idle=True),
    )
    assert sorted(lines) == ["apply a", "apply hook a"]
    assert statuses(outcome)["hook b"] == "skipped"


def test_a_lost_host_is_told_once() -> None:
    lost = [step(f"s{number}", act=fail(HostError("gone"))) for number in range(5)]
    outcome, _, events = carry_out(*lost, forks=1)
    assert [error.what for error in outcome.failures] == ["gone"]
    assert [end.message for end in ends(events) if end.message] == ["gone."]


def instances(rollout: Rollout, **of: Mapping[str, Any]) -> list[Step]:
    """A container and its gate for each gate of the rollout. of: gate -> what else its container's arguments say."""
    steps = []
    for index, gate in enumerate(rollout.gates):
        made = step(f"new {gate}", service="web", **{"verb": "recreate", "undoable": True, **of.get(gate, {})})
        steps += [replace(made, rollout=rollout, index=index)]
        steps += [step(gate, made.name, service="web", gate=True, idle=True)]
    return steps


def rollout(gates: str, *, parallelism: int = 1, allowed_failures: int = 0, delay_seconds: float = 0.0) -> Rollout:
    return Rollout(
        gates=tuple(gates),
        images=tuple(f"image {gate}" for gate in gates),
        parallelism=parallelism,
        allowed_failures=allowed_failures,
        delay_seconds=delay_seconds,
    )


def started(events: list[Event]) -> list[str]:
    """The steps that were begun, and their ends, in order."""
    found = [event for event in events if isinstance(event, StepStarted | StepFinished)]
    return [f"{'/' if isinstance(event, StepFinished) else ''}{event.step.name}" for event in found]


def ends(events: list[Event]) -> list[StepFinished]:
    return [event for event in events if isinstance(event, StepFinished)]


def test_instances_are_replaced_one_after_the_other() -> None:
    outcome, _, events = carry_out(*instances(rollout("abc")))
    assert outcome.status == "changed"
    assert started(events) == [line for gate in "abc" for line in (f"new {gate}", f"/new {gate}", gate, f"/{gate}")]


def test_as_many_instances_are_replaced_side_by_side_as_is_said() -> None:
    meeting = threading.Barrier(2, timeout=60)
    meet = {"act": lambda host: meeting.wait() and None}
    outcome, _, events = carry_out(*instances(rollout("abcd", parallelism=2), a=meet, b=meet, c=meet, d=meet))
    assert outcome.status == "changed"
    told = started(events)
    assert max(told.index("/a"), told.index("/b")) < min(told.index("new c"), told.index("new d"))


def test_all_instances_at_once_when_that_is_said() -> None:
    meeting = threading.Barrier(3, timeout=60)
    meet = {"act": lambda host: meeting.wait() and None}
    outcome, _, _ = carry_out(*instances(rollout("abc", parallelism=0), a=meet, b=meet, c=meet))
    assert outcome.status == "changed"


def test_new_instances_do_not_wait_for_each_other() -> None:
    meeting = threading.Barrier(3, timeout=60)
    meet = {"verb": "create", "act": lambda host: meeting.wait() and None}
    outcome, _, _ = carry_out(*instances(rollout("abc"), a=meet, b=meet, c=meet))
    assert outcome.status == "changed"


def test_an_instance_that_fails_leaves_those_after_it_as_they_are() -> None:
    broken = {"act": fail(OperationError("is unhealthy"))}
    outcome, lines, events = carry_out(*instances(rollout("abcd"), b=broken))
    assert [line for line in lines if line.startswith("apply")] == ["apply new a", "apply new b"]
    assert statuses(outcome)["new c"] == statuses(outcome)["new d"] == "blocked"
    assert {end.message for end in ends(events) if end.step.name in ("new c", "new d")} == {CALLED_OFF}


def test_some_instances_may_fail_where_that_is_said() -> None:
    broken = {"act": fail(OperationError("is unhealthy"))}
    outcome, _, _ = carry_out(*instances(rollout("abcd", allowed_failures=1), a=broken, c=broken))
    assert [statuses(outcome)[f"new {gate}"] for gate in "abcd"] == ["failed", "changed", "failed", "blocked"]


def test_an_instance_of_a_lost_host_holds_nobody_up() -> None:
    gone = {"act": fail(HostError("gone"))}
    steps = [
        replace(one, host="far") if one.name in ("new a", "a") else one for one in instances(rollout("ab"), a=gone)
    ]
    diary = Diary()
    plan = planned(*steps)
    hosts = {**HOSTS, "far": Host(name="far", engine=Engine(refuse, name="far"))}
    outcome = run(plan, hosts, emit=lambda event: None, run_id="r", find=lambda name: diary)
    assert statuses(outcome)["new a"] == "unreachable"
    assert statuses(outcome)["new b"] == "changed"


def test_an_instance_that_cannot_be_looked_at_for_a_moment_waits_for_its_turn() -> None:
    class Blinking(Diary):
        """Cannot look at b the first time."""

        blinked = False

        def observe(self, args: Mapping[str, Any], host: ReadHost) -> Any:
            if args["name"] == "new b" and not self.blinked:
                self.blinked = True
                raise OperationError("no answer")
            return super().observe(args, host)

    diary = Blinking()
    slow = {"act": lambda host: time.sleep(0.05)}
    plan = planned(*instances(rollout("ab"), a=slow))
    events: list[Event] = []
    outcome = run(plan, HOSTS, emit=events.append, run_id="r", find=lambda name: diary)
    assert outcome.failures == ()
    assert started(events).index("/a") < started(events).index("new b")


def test_nothing_is_replaced_before_every_host_has_the_image() -> None:
    came = threading.Event()
    slow = step("image b", service="web", act=lambda host: time.sleep(0.05) or came.set())
    early = {"act": lambda host: None if came.is_set() else pytest.fail("replaced too early")}
    outcome, _, _ = carry_out(slow, *instances(rollout("ab", parallelism=0), a=early, b=early))
    assert outcome.status == "changed"


def test_an_image_that_a_host_cannot_get_leaves_all_as_it_is() -> None:
    broken = step("image b", service="web", act=fail(OperationError("cannot be pulled")))
    outcome, lines, _ = carry_out(broken, *instances(rollout("ab", allowed_failures=2)))
    assert [line for line in lines if line.startswith("apply new")] == []
    assert statuses(outcome)["new a"] == "blocked"


def test_there_is_a_pause_between_batches() -> None:
    _, _, events = carry_out(*instances(rollout("ab", delay_seconds=0.05)))
    times = {end.step.name: end.time for end in ends(events)}
    assert times["new b"] - times["a"] >= 0.05


def test_independent_steps_run_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=60)
    outcome, _, _ = carry_out(*(step(name, act=lambda host: meeting.wait() and None) for name in "abc"), forks=3)
    assert outcome.status == "changed"


def test_forks_bound_how_many_steps_are_under_way() -> None:
    running, most, lock = [0], [0], threading.Lock()

    def act(host: Host) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.005)
        with lock:
            running[0] -= 1

    carry_out(*(step(f"s{number}", act=act) for number in range(12)), forks=2)
    assert most[0] == 2


def test_gates_do_not_take_the_place_of_steps_that_work() -> None:
    done = threading.Event()
    gates = [step(f"gate{n}", gate=True, service="x", act=lambda host: done.wait(10) and None) for n in range(3)]
    outcome, _, _ = carry_out(*gates, step("work", act=lambda host: done.set()), forks=1)
    assert outcome.status == "changed"


def test_ctrl_c_starts_nothing_more_and_puts_back_what_no_gate_has_proven() -> None:
    def press(host: Host) -> None:
        os.kill(os.getpid(), 2)
        deadline = time.monotonic() + 60
        while not host.is_cancelled() and time.monotonic() < deadline:
            time.sleep(0.001)

    outcome, lines, events = carry_out(
        step("x", undoable=True, act=press), step("gate", "x", service="x", gate=True), step("y", "gate")
    )
    assert lines == ["apply x", "undo x"]
    assert outcome.status == "interrupted"
    assert statuses(outcome) == {"x": "changed", "gate": "blocked", "y": "blocked"}
    assert any("stopping" in event.message for event in events if isinstance(event, Note))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_sigterm_and_sighup_stop_a_run_as_ctrl_c_does(number: int) -> None:
    def receive(host: Host) -> None:
        os.kill(os.getpid(), number)
        deadline = time.monotonic() + 60
        while not host.is_cancelled() and time.monotonic() < deadline:
            time.sleep(0.001)

    outcome, lines, _ = carry_out(
        step("x", undoable=True, act=receive), step("gate", "x", service="x", gate=True), step("y", "gate")
    )
    assert lines == ["apply x", "undo x"]
    assert outcome.signal == number


def test_a_signal_while_something_is_put_back_lets_that_end() -> None:
    lines: list[str] = []

    def make(host: Host) -> None:
        def undo() -> None:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0)  # a point at which Python handles the signal
            lines.append("put back")

        host.on_undo(undo)

    outcome, _, _ = carry_out(
        step("a", act=make),
        step("gate", "a", service="a", gate=True),
        step("broken", "a", act=fail(OperationError("no"))),
        rollback=Rollback.STACK,
    )
    assert lines == ["put back"]
    assert outcome.signal == signal.SIGTERM


@pytest.mark.parametrize("kind", ["run_started", "step_started", "step_finished", "note", "run_finished"])
def test_a_run_whose_events_cannot_be_written_does_its_work_and_ends_with_an_error(kind: str) -> None:
    diary = Diary()
    plan = planned(step("a"), step("b", "a"), warnings=("look out",))

    def emit(event: Event) -> None:
        if kind_of(event) == kind:
            raise OSError(errno.ENOSPC, "No space left on device", "log.txt")

    with pytest.raises(OperationError, match=r"log\.txt: .*No space left on device"):
        run(plan, HOSTS, emit=emit, run_id="r", find=lambda name: diary)
    assert diary.lines == ["apply a", "apply b"]


def test_a_defect_of_the_scheduler_ends_the_run_instead_of_leaving_it_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(sessions: HostSessions, name: str) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(HostSessions, "step_ended", break_down)
    with pytest.raises(ZeroDivisionError):
        carry_out(step("a"), step("b", "a"))


def test_a_defect_in_an_operation_fails_its_step_and_not_the_run() -> None:
    def act(host: Host) -> None:
        raise ZeroDivisionError("oops")

    outcome, lines, _ = carry_out(step("a", act=act), step("b"))
    assert statuses(outcome)["a"] == "failed"
    assert "ZeroDivisionError" in str(outcome.failures[0])
    assert "apply b" in lines


def test_no_event_shows_a_secret() -> None:
    secret = "s3cret-value"

    def act(host: Host) -> None:
        host.progress(f"using {secret}")
        raise OperationError(f"refused {secret}", detail=[f"log: {secret}"], fix=f"not {secret}")

    outcome, _, events = carry_out(step("a", act=act), secrets=(Secret(secret),))
    assert secret not in repr(events)
    assert "***" in repr(events)
    assert secret not in str(outcome.failures[0])


@pytest.mark.parametrize("count", [0, 1, 200])
def test_every_step_has_a_result(count: int) -> None:
    outcome, _, _ = carry_out(*(step(f"s{number}") for number in range(count)))
    assert len(outcome.steps) == count
