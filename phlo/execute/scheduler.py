"""Run a plan: each step observed, decided and applied at its turn, side by side where the graph allows."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from phlo.errors import HostError, NodeError, PhloError, mask_error
from phlo.execute.in_turn import InTurn
from phlo.execute.outcome import Outcome, StepResult
from phlo.execute.places import Places
from phlo.execute.rollback import Ledger, Rollback
from phlo.execute.shares import LEAST, Shares
from phlo.execute.workers import Workers
from phlo.frozen import replace
from phlo.hosts.host import Host
from phlo.operations import Operation, operation
from phlo.plan.graph import Plan
from phlo.values import Change, Emit, Event, Masker, Rollout, Status, Step

DEFAULT_FORKS = 32
MOST_GATES = 256
Approve = Callable[[Step, tuple[Change, ...]], None]
_INTERRUPTED = "not started: interrupted"
CALLED_OFF = "left as it is: the new version did not work, or is not to be had, elsewhere"
_ENDED_WELL = (Status.OK, Status.CHANGED, Status.PENDING, Status.UNKNOWN, Status.SKIPPED)


def run(
    plan: Plan,
    hosts: Mapping[str, Host],
    *,
    emit: Emit,
    run_id: str,
    check: bool = False,
    forks: int = DEFAULT_FORKS,
    rollback: Rollback = Rollback.SERVICE,
    approve: Approve | None = None,
    stops_at_change: bool = False,
    clock: Callable[[], float] = time.time,
    find: Callable[[str], Operation] = operation,
) -> Outcome:
    """Carry out a plan and tell what happens.

    check:    observe and decide only; nothing is handed a host that it could write to.
    forks:    how many steps may be under way at once (steps that only wait do not count).
    rollback: what is put back when a service's new version does not come to work.
    approve:  raises PhloError for changes of a step that must not be made (a saved plan does not have them).
    stops_at_change: look at no further step once one has something to do (for check mode).
    find:     finds an operation by its name.

    A step that fails blocks those that need it; the others go on, unless the whole stack is to be put back. Ctrl-C
    starts no further step, lets those under way end (a wait is broken off and its service put back), and is told in
    the outcome; a second one ends at once.
    """
    return _Run(plan, hosts, emit, run_id, check, forks, rollback, approve, stops_at_change, clock, find).run()


class _Run:
    """The state of one run, shared by its threads without a lock (see `InTurn` for the reason).

    What belongs together is changed in calls that are made in turn (`_in_turn`); everything else that is shared is read
    and changed by single calls, which no other thread can come between.
    """

    def __init__(
        self,
        plan: Plan,
        hosts: Mapping[str, Host],
        emit: Emit,
        run_id: str,
        check: bool,
        forks: int,
        rollback: Rollback,
        approve: Approve | None,
        stops_at_change: bool,
        clock: Callable[[], float],
        find: Callable[[str], Operation],
    ) -> None:
        self._plan = plan
        self._places = Places(hosts, plan.steps)
        self._masker = Masker(plan.secrets)
        self._tell = InTurn(emit)
        self._in_turn: InTurn[Callable[[], None]] = InTurn(lambda call: call())
        self._run_id = run_id
        self._check = check
        self._forks = forks
        self._rollback = rollback
        self._approve = approve
        self._stops_at_change = stops_at_change
        self._has_enough = threading.Event()
        self._clock = clock
        self._find = find
        self._all_ended = threading.Event()
        self._cancelled = threading.Event()
        self._results: dict[str, StepResult] = {}
        self._failures: list[PhloError] = []
        self._ledger = Ledger(plan.steps, is_stack=rollback is Rollback.STACK)
        self._has_begun = False
        self._lost: dict[str, str] = {}  # by host: the step that found out
        self._rolled: set[str] = set()  # services of which an instance was replaced
        self._looked: dict[str, tuple[Any, tuple[Change, ...]]] = {}
        self._passed: dict[tuple[str, str], int] = {}
        self._steps = {step.id: step for step in plan.steps}
        self._ranks = {step.id: rank for rank, step in enumerate(plan.steps)}
        self._needs = {step.id: set(step.after) for step in plan.steps}
        self._dependents: dict[str, list[Step]] = defaultdict(list)
        for step in plan.steps:
            for need in self._needs[step.id]:
                self._dependents[need].append(step)

    def run(self) -> Outcome:
        started = self._clock()
        self._emit("run_started", message=self._plan.title)
        for warning in self._plan.warnings:
            self._emit("note", message=warning)
        with Workers(self._forks) as workers, Workers(MOST_GATES) as self._waiters:
            self._shares = Shares(workers, max(self._forks // max(len(self._plan.hosts()), 1), LEAST))
            self._work_through(workers)
        self._settle()
        outcome = Outcome(
            steps=dict(self._results),
            failures=tuple(self._failures),
            undone=tuple(sorted(self._ledger.undone)),
            is_interrupted=self._cancelled.is_set(),
            seconds=self._clock() - started,
        )
        self._emit("run_finished", message=outcome.status, seconds=outcome.seconds)
        return outcome

    def _settle(self) -> None:
        """Put back, or tidy up, what no gate has settled: the run was interrupted, or the stack goes as a whole."""
        if self._rollback is Rollback.NONE:
            return
        if self._rollback is Rollback.SERVICE or self._failures or self._cancelled.is_set():
            for key in self._ledger.unproven():
                self._put_back(key)
            return
        try:
            self._ledger.finish_all()
        except PhloError as error:
            self._failures.append(self._mask(error))

    def _work_through(self, workers: Workers) -> None:
        """Have the work begun, and wait for the end of all."""
        if not self._plan.steps:
            return
        while True:
            try:
                # Not by this thread, which Ctrl-C interrupts anywhere; after it once more: it may have come in between.
                workers.submit(0, lambda: self._in_turn(self._begin))
                self._all_ended.wait()
                return
            except KeyboardInterrupt:
                if self._cancelled.is_set():
                    raise
                self._cancelled.set()
                self._emit("note", message="stopping: what is under way ends first; Ctrl-C again stops at once")

    def _begin(self) -> None:
        """Begin with the steps that wait for nothing."""
        if not self._has_begun:
            self._has_begun = True
            for step in self._plan.steps:
                if not self._needs[step.id]:
                    self._submit(step)

    def _submit(self, step: Step) -> None:
        rank, call = self._ranks[step.id], partial(self._step, step)
        if self._is_wait(step):
            self._waiters.submit(rank, call)
        else:
            self._shares.submit(step.host, rank, call)

    def _is_wait(self, step: Step) -> bool:
        return step.gate and not self._check  # in check mode nothing is waited for

    def _step(self, step: Step) -> None:
        try:
            if self._is_put_off(step):
                self._in_turn(partial(self._put_off, step))
                return
            result = self._result(step)
        except BaseException as error:  # a defect of phlo or of an operation: it must not leave the run waiting
            result = self._failed(step, _internal(step, error), 0.0)
        self._in_turn(partial(self._ended, step, result))

    def _put_off(self, step: Step) -> None:
        """Have a step come again after those ahead of it."""
        self._shares.ended(step.host)
        ahead = {name for name in _ahead(step) if name in self._steps and name not in self._results}
        self._needs[step.id] = ahead
        for name in ahead:
            self._dependents[name].append(step)
        if not ahead:
            self._submit(step)

    def _ended(self, step: Step, result: StepResult) -> None:
        """Have the steps made that a step's end sets free."""
        if not self._is_wait(step):
            self._shares.ended(step.host)
        self._places.step_ended(step.host)
        self._results[step.id] = result
        for dependent in self._dependents[step.id]:
            needs = self._needs[dependent.id]
            needs.discard(step.id)
            if not needs:
                self._submit(dependent)
        if len(self._results) == len(self._plan.steps):
            self._all_ended.set()

    def _result(self, step: Step) -> StepResult:
        skipped = self._reason_to_skip(step)
        if skipped is not None:
            self._emit("step_finished", step=step, status=skipped[0], message=skipped[1])
            return StepResult(status=skipped[0])
        started = self._clock()
        self._emit("step_started", step=step)
        try:
            if step.when_pending and not self._has_pending(step):
                self._emit(
                    "step_finished", step=step, status=Status.SKIPPED, message="nothing to change that it precedes"
                )
                return StepResult(status=Status.SKIPPED)
            status, changes = self._converge(step)
            if status is Status.BLOCKED:
                self._emit("step_finished", step=step, status=status, message=self._reason_called_off())
                return StepResult(status=status)
            if changes and self._stops_at_change:
                self._has_enough.set()
        except PhloError as error:
            return self._failed(step, error, self._clock() - started)
        seconds = self._clock() - started
        self._emit("step_finished", step=step, status=status, changes=changes, seconds=seconds)
        if not self._check:
            self._ledger.step_ended(step)
        return StepResult(status=status, changes=changes, seconds=seconds)

    def _reason_to_skip(self, step: Step) -> tuple[Status, str] | None:
        failed = [need for need in step.after if self._results[need].status not in _ENDED_WELL]
        moved = (Status.CHANGED, Status.PENDING)
        idle = step.when_changed and not any(self._results[other].status in moved for other in step.when_changed)
        if failed:
            return Status.BLOCKED, _needs(self._steps[failed[0]], step)
        if step.host in self._lost:
            return Status.BLOCKED, ""
        if self._cancelled.is_set():
            return Status.BLOCKED, _INTERRUPTED
        if self._failures and self._rollback is Rollback.STACK and not self._check:
            return Status.BLOCKED, "not started: another service failed, and all that was changed is put back"
        if self._has_enough.is_set():
            return Status.BLOCKED, "not looked at: there is something to do"
        return (Status.SKIPPED, "nothing changed that it follows") if idle else None

    def _is_put_off(self, step: Step) -> bool:
        """Whether a step has to come again: it replaces an instance, and one ahead of it has not shown its worth.

        What was seen of the instance is kept for the step, when it is not put off.
        """
        is_first = self._check or step.rollout is None or not self._is_anybody_ahead(step, step.rollout)
        if is_first or self._reason_to_skip(step):
            return False
        module = self._find(step.operation)
        try:
            seen = module.observe(step.args, self._places[step.host].reader)
            changes = tuple(module.decide(step.args, seen))
        except PhloError:
            pass  # it may have to be replaced: it is looked at again at its turn, and what is wrong is told then
        else:
            if not _is_replaced(changes):
                self._looked[step.id] = seen, changes
                return False
        return True

    def _is_anybody_ahead(self, step: Step, rollout: Rollout) -> bool:
        """Whether an image of the step's service, or an instance ahead of it, is not there yet."""
        for key, names, most in (
            ("images", rollout.images, len(rollout.images)),
            ("gates", rollout.gates, rollout.count_ahead(step.place)),
        ):
            passed = self._passed.get((step.service, key), 0)  # all before are there: nobody counts them again
            while passed < most and (names[passed] in self._results or names[passed] not in self._steps):
                passed += 1
            self._passed[step.service, key] = passed
            if passed < most:
                return True
        return False

    def _may_replace(self, step: Step, rollout: Rollout) -> bool:
        """Whether an instance may be replaced after those before it; pauses where there was one."""
        missing, failed = (self._failed_of(names) for names in (rollout.images, rollout.ahead(step.place)))
        is_next = step.service in self._rolled
        if missing or failed > rollout.allowed_failures:
            return False
        if is_next and self._cancelled.wait(rollout.delay_seconds):
            return False
        self._rolled.add(step.service)
        return True

    def _failed_of(self, names: Iterable[str]) -> int:
        """How many of these steps have failed, those of lost hosts aside."""
        ended = [(self._steps[name], self._results[name]) for name in names if name in self._results]
        return sum(result.status not in _ENDED_WELL for step, result in ended if step.host not in self._lost)

    def _reason_called_off(self) -> str:
        return _INTERRUPTED if self._cancelled.is_set() else CALLED_OFF

    def _converge(self, step: Step) -> tuple[Status, tuple[Change, ...]]:
        """Observe, decide, and outside check mode apply."""
        module = self._find(step.operation)
        place = self._places[step.host]
        looked = self._looked.pop(step.id, None)
        seen = looked[0] if looked else module.observe(step.args, place.reader)
        decided = looked[1] if looked else module.decide(step.args, seen)
        changes = tuple(self._masked(change) for change in decided)
        is_counted = any(change.is_counted for change in changes)
        if self._check:
            if is_counted:
                return Status.PENDING, changes
            return (Status.UNKNOWN if changes and self._follows_pending(step) else Status.OK), changes
        if changes:
            if step.rollout and _is_replaced(changes) and not self._may_replace(step, step.rollout):
                return Status.BLOCKED, ()
            if self._approve is not None and is_counted:
                self._approve(step, changes)
            equipped = replace(
                place.host,
                run_id=self._run_id,
                progress=lambda line: self._emit("step_progress", step=step, message=line),
                on_undo=lambda call: self._ledger.on_undo(step, call),
                on_finish=lambda call: self._ledger.on_finish(step, call),
                is_cancelled=self._cancelled.is_set,
            )
            told = [module.apply(change, step.args, seen, equipped) for change in changes]
            done = [facts["changes"] for facts in told if facts and "changes" in facts]
            if done:  # what was done instead of what was foreseen
                changes = tuple(self._masked(change) for found in done for change in found)
                is_counted = any(change.is_counted for change in changes)
        return (Status.CHANGED if is_counted else Status.OK), changes

    def _has_pending(self, step: Step) -> bool:
        """Whether a step that this one precedes has something to change."""
        for other in (self._steps[name] for name in step.when_pending):
            module, reader = self._find(other.operation), self._places[other.host].reader
            changes = module.decide(other.args, module.observe(other.args, reader))
            if any(change.is_counted for change in changes):
                return True
        return False

    def _follows_pending(self, step: Step) -> bool:
        return any(self._results[need].status in (Status.PENDING, Status.UNKNOWN) for need in step.after)

    def _failed(self, step: Step, error: PhloError, seconds: float) -> StepResult:
        status = Status.UNREACHABLE if isinstance(error, HostError) else Status.FAILED
        masked = self._mask(error)
        is_host_lost = status is Status.UNREACHABLE and not isinstance(error, NodeError)
        found_out = self._lost.setdefault(step.host, step.id) if is_host_lost else self._lost.get(step.host, step.id)
        if found_out != step.id:  # another step found out at the same time, and has told it
            return StepResult(status=status, seconds=seconds)
        self._failures.append(masked)
        self._emit(
            "step_finished", step=step, status=status, message=str(masked), detail=masked.detail, seconds=seconds
        )
        key = (step.host, step.service)
        if self._rollback is not Rollback.NONE and not self._check and self._ledger.has_undo(key):
            self._put_back(key)
        return StepResult(status=status, seconds=seconds)

    def _put_back(self, key: tuple[str, str]) -> None:
        """Undo what this run did to a service, the last thing first."""
        host, service = key
        self._emit("undo_started", host=host, service=service)
        try:
            self._ledger.undo(key)
        except PhloError as error:
            masked = self._mask(error)
            self._failures.append(masked)
            self._emit("undo_finished", host=host, service=service, status=Status.FAILED, message=str(masked))
        else:
            self._emit("undo_finished", host=host, service=service, status=Status.ROLLED_BACK)

    def _masked(self, change: Change) -> Change:
        return replace(change, causes=tuple(map(self._masker, change.causes)))

    def _mask(self, error: PhloError) -> PhloError:
        return mask_error(error, self._masker)

    def _emit(
        self,
        kind: str,
        *,
        step: Step | None = None,
        host: str | None = None,
        service: str | None = None,
        status: Status | None = None,
        changes: tuple[Change, ...] = (),
        message: str = "",
        detail: tuple[str, ...] = (),
        seconds: float | None = None,
    ) -> None:
        event = Event(
            kind=kind,
            time=self._clock(),
            run=self._run_id,
            step=step.id if step else None,
            host=step.host if step else host,
            service=step.service if step else service,
            operation=step.operation if step else None,
            status=status,
            changes=changes,
            message=self._masker(message),
            detail=tuple(map(self._masker, detail)),
            seconds=seconds,
        )
        self._tell(event)


def _ahead(step: Step) -> Iterator[str]:
    """The steps that have to end before an instance is replaced: the service's images, and the gates before its own."""
    if step.rollout is not None:
        yield from step.rollout.images
        yield from step.rollout.ahead(step.place)


def _is_replaced(changes: Iterable[Change]) -> bool:
    return any(change.verb == "recreate" for change in changes)


def _internal(step: Step, error: BaseException) -> PhloError:
    failure = PhloError(
        f"phlo itself failed ({type(error).__name__}: {error})",
        where=step.id,
        fix="Run it again with --debug and report what it shows.",
    )
    failure.__cause__ = error
    return failure


def _needs(failed: Step, step: Step) -> str:
    """What a step waits for in vain, in words."""
    if failed.service == step.service:
        return f"its {failed.operation} step did not succeed"
    return f"left as it is: it needs {failed.service or failed.id.rpartition('/')[2]}, which did not come up"
