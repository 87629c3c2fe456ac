"""Run a plan: each step observed, decided and applied at its turn, side by side where the graph allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial

from phlo.errors import HostError, NodeError, PhloError, mask_error
from phlo.events import Emit, StepId
from phlo.execute.converge import Converged, Observation, converge, observe
from phlo.execute.emitter import Emitter
from phlo.execute.host_sessions import HostSessions
from phlo.execute.outcome import Outcome, StepResult
from phlo.execute.restore import Restorer
from phlo.execute.rolling_update import RollingUpdate, is_replaced
from phlo.execute.step_graph import StepGraph
from phlo.execute.step_reasons import CALLED_OFF, ENDED_WELL, INTERRUPTED, NOT_LOCKED, STACK_FAILED, blocked_by, defect
from phlo.execute.undo_log import Rollback, UndoLog
from phlo.execute.worker_pool import SerialExecutor, WorkerPool
from phlo.execute.write_gate import NotOpenedError, WriteGate
from phlo.frozen import replace
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.host import Host
from phlo.operations import Operation, operation
from phlo.plan.graph import Plan
from phlo.stop_signals import stop_signals, wait_for
from phlo.values import Change, Status, Step

DEFAULT_FORKS = 32
MOST_GATES = 256
LEAST_PER_HOST = 4
Approve = Callable[[Step, tuple[Change, ...]], None]
# Its arguments: what gives the reader of a host's engine, and what compares all that was seen with what is there.
TakeLock = Callable[[Callable[[str], EngineReader], Callable[[], bool]], bool]


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
    take_lock: TakeLock | None = None,
    clock: Callable[[], float] = time.time,
    find: Callable[[str], Operation] = operation,
    has_details: bool = False,
    shows_calls: bool = False,
) -> Outcome:
    """Carry out a plan and tell what happens.

    check:    observe and decide only; nothing is handed a host that it could write to.
    forks:    how many steps may be under way at once (steps that only wait do not count).
    rollback: what is restored when a service's new version does not become ready.
    approve:  raises PhloError for changes of a step that must not be made (a saved plan does not have them).
    take_lock: takes the deploy lock; called in the main thread before the first change, or before a step fails without
        one. False: what was seen before must not be relied on. None: it is held already.
    find:     finds an operation by its name.
    has_details: steps tell what they were given and what they observed.
    shows_calls: in check mode, add to each change the engine calls that it takes.

    The step with the first change looks again once the lock is held, and so does every step under way. Where that, or
    anything that other steps have seen before, is not as it was, the outcome `is_stale` and nothing has been changed.

    A step that fails blocks those that need it; the others go on, unless the whole stack is to be rolled back. After
    Ctrl-C, SIGTERM or SIGHUP no further step starts, those under way end (a wait is broken off and its service put
    back), and the outcome has the signal; a second signal ends the run at once.

    Raises PhloError, when all of that is done, if events could not be passed on to `emit`.
    """
    emitter = Emitter(emit, run_id=run_id, clock=clock, secrets=plan.secrets, has_details=has_details)
    return _Run(
        plan, hosts, emitter, run_id, check, forks, rollback, approve, take_lock, clock, find, shows_calls
    ).run()


class _Run:
    """The state of one run, shared by its threads without a lock (see `SerialExecutor` for the reason).

    What belongs together is changed in calls that are made in turn (`_in_turn`); everything else that is shared is read
    and changed by single calls, which no other thread can come between.
    """

    def __init__(
        self,
        plan: Plan,
        hosts: Mapping[str, Host],
        emitter: Emitter,
        run_id: str,
        check: bool,
        forks: int,
        rollback: Rollback,
        approve: Approve | None,
        take_lock: TakeLock | None,
        clock: Callable[[], float],
        find: Callable[[str], Operation],
        shows_calls: bool,
    ) -> None:
        self._plan = plan
        self._emit = emitter
        self._in_turn: SerialExecutor[Callable[[], None]] = SerialExecutor(self._make)
        self._run_id = run_id
        self._check = check
        self._forks = forks
        self._rollback = rollback
        self._approve = approve or (lambda step, changes: None)
        self._clock = clock
        self._find = find
        self._shows_calls = shows_calls
        self._all_ended = threading.Event()
        self._cancelled = threading.Event()
        stoppable = {name: replace(host, is_cancelled=self._cancelled.is_set) for name, host in hosts.items()}
        take = None if take_lock is None or check else partial(self._is_ours, take_lock)
        self._gate = WriteGate(take)
        self._sessions = HostSessions(stoppable, plan.steps, is_recorded=take is not None)
        self._signal: int | None = None
        self._defect: BaseException | None = None
        self._results: dict[str, StepResult] = {}
        self._failures: list[PhloError] = []
        self._undo_log = UndoLog(plan.steps, is_stack=rollback is Rollback.STACK)
        self._restorer = Restorer(self._undo_log, self._emit, self._failures)
        self._lost: dict[str, str] = {}  # by host: the step that found out
        self._looked: dict[str, tuple[bool, Observation]] = {}
        self._steps = {step.id: step for step in plan.steps}
        self._rolling = RollingUpdate(self._steps, self._results, self._lost, self._cancelled)
        self._graph = StepGraph(plan.steps)

    def run(self) -> Outcome:
        with stop_signals(first=self._stop):
            outcome = self._run()
        if self._defect is not None:
            raise self._defect
        self._emit.check()
        return outcome

    def _run(self) -> Outcome:
        started = self._clock()
        self._emit.run_started(self._plan.title)
        for warning in self._plan.warnings:
            self._emit.note(warning)
        per_host = max(self._forks // max(len(self._plan.hosts()), 1), LEAST_PER_HOST)
        with WorkerPool(self._forks, per_host=per_host) as self._workers, WorkerPool(MOST_GATES) as self._waiters:
            self._in_turn(self._begin)
            self._gate.serve()
            wait_for(self._all_ended)
        if self._gate.error is not None:
            raise self._gate.error
        self._restorer.settle(self._rollback, is_cancelled=self._cancelled.is_set())
        outcome = Outcome(
            steps=dict(self._results),
            failures=tuple(self._failures),
            undone=tuple(sorted(self._undo_log.undone)),
            signal=self._signal,
            seconds=self._clock() - started,
            is_stale=self._gate.is_stale,
        )
        self._emit.run_finished(outcome.status, outcome.seconds)
        return outcome

    def _stop(self, number: int) -> None:
        """Start no further step: a signal asked the run to stop."""
        self._signal = number
        self._cancelled.set()
        self._emit.note("stopping: what is under way ends first; Ctrl-C again stops at once")

    def _abandon(self, defect: BaseException) -> None:
        """End the run after a defect of phlo itself, which would otherwise leave it waiting for ever."""
        self._defect = self._defect or defect
        self._cancelled.set()
        self._end()

    def _make(self, call: Callable[[], None]) -> None:
        try:
            call()
        except KeyboardInterrupt:  # the second signal, in the main thread
            raise
        except BaseException as defect:
            self._abandon(defect)

    def _end(self) -> None:
        self._all_ended.set()
        self._gate.run_ended()

    def _is_ours(self, take_lock: TakeLock) -> bool:
        """Take the lock; whether all that the steps have seen before still holds."""
        still_holds = partial(self._sessions.still_hold, self._plan.project, self._results)
        return take_lock(self._sessions.engine_reader, still_holds)

    def _begin(self) -> None:
        """Begin with the steps that wait for nothing."""
        for step in self._graph.first():
            self._submit(step)
        if not self._plan.steps:
            self._end()

    def _submit(self, step: Step) -> None:
        rank, call = self._graph.rank(step), partial(self._make, partial(self._step, step))
        if self._is_wait(step):
            self._waiters.submit(rank, call)
        else:
            self._workers.submit(rank, call, host=step.host)

    def _is_wait(self, step: Step) -> bool:
        return step.gate and not self._check  # in check mode nothing is waited for

    def _step(self, step: Step) -> None:
        try:
            if self._is_put_off(step):
                self._in_turn(partial(self._put_off, step))
                return
            result = self._result(step)
        except BaseException as error:  # a defect of phlo or of an operation: it fails this step only
            result = self._failed(step, defect(step, error), 0.0)
        self._in_turn(partial(self._ended, step, result))

    def _put_off(self, step: Step) -> None:
        """Have a step come again after those ahead of it."""
        ahead = self._rolling.waits_for(step)
        self._graph.put_off(step, ahead)
        if not ahead:
            self._submit(step)

    def _ended(self, step: Step, result: StepResult) -> None:
        """Have the steps made that a step's end sets free."""
        self._sessions.step_ended(step.host)
        self._results[step.id] = result
        for dependent in self._graph.freed_by(step):
            self._submit(dependent)
        if len(self._results) == len(self._plan.steps):
            self._end()

    def _result(self, step: Step) -> StepResult:
        skipped = self._reason_to_skip(step)
        if skipped is not None:
            self._emit.step_finished(StepId.of(step), skipped[0], message=skipped[1])
            return StepResult(status=skipped[0])
        started = self._clock()
        self._emit.step_started(StepId.of(step))
        try:
            if step.when_pending and not self._has_pending(step):
                reason = "nothing to change that it precedes"
                self._emit.step_finished(StepId.of(step), Status.SKIPPED, message=reason)
                return StepResult(status=Status.SKIPPED)
            status, changes = self._converge(step)
            if status is Status.BLOCKED:
                reason = INTERRUPTED if self._cancelled.is_set() else CALLED_OFF
                self._emit.step_finished(StepId.of(step), status, message=reason)
                return StepResult(status=status)
        except NotOpenedError:
            self._emit.step_finished(StepId.of(step), Status.BLOCKED, message=NOT_LOCKED)
            return StepResult(status=Status.BLOCKED)
        except PhloError as error:
            return self._failed(step, error, self._clock() - started)
        seconds = self._clock() - started
        self._emit.step_finished(StepId.of(step), status, changes=changes, seconds=seconds)
        if not self._check:
            self._undo_log.step_ended(step)
        return StepResult(status=status, changes=changes, seconds=seconds)

    def _reason_to_skip(self, step: Step) -> tuple[Status, str] | None:
        failed = [need for need in step.after if self._results[need].status not in ENDED_WELL]
        moved = (Status.CHANGED, Status.PENDING)
        idle = step.when_changed and not any(self._results[other].status in moved for other in step.when_changed)
        if step.host in self._lost:
            return Status.BLOCKED, ""
        if failed:
            return Status.BLOCKED, blocked_by(self._steps[failed[0]], step)
        if self._cancelled.is_set():
            return Status.BLOCKED, INTERRUPTED
        if self._failures and self._rollback is Rollback.STACK and not self._check:
            return Status.BLOCKED, STACK_FAILED
        if self._gate.is_shut:
            return Status.BLOCKED, NOT_LOCKED
        return (Status.SKIPPED, "nothing changed that it follows") if idle else None

    def _is_put_off(self, step: Step) -> bool:
        """Whether a step has to come again: it replaces an instance, and one ahead of it has not shown its worth.

        What was seen of the instance is kept for the step, when it is not put off.
        """
        if self._check or not self._rolling.is_anybody_ahead(step) or self._reason_to_skip(step):
            return False
        is_locked = self._gate.is_open
        try:
            found = self._look(step)
        except PhloError:
            pass  # it may have to be replaced: it is observed again at its turn, and errors are reported then
        else:
            if not is_replaced(found.changes):
                self._looked[step.id] = is_locked, found
                return False
        return True

    def _converge(self, step: Step) -> tuple[Status, tuple[Change, ...]]:
        """Observe, decide, and outside check mode apply."""
        if step.operation == "tasks":
            ended = self._run_role_tasks(step)
        else:
            found = self._look_until_locked(step)
            if self._check and self._shows_calls:
                found = self._with_calls(step, found)
            self._emit.details(StepId.of(step), arguments=step.args, observed=found.seen)
            if not self._check and found.changes:
                if step.rollout and is_replaced(found.changes) and not self._rolling.may_replace(step, step.rollout):
                    return Status.BLOCKED, ()
                if found.is_pending:
                    self._approve(step, found.changes)
            ended = converge(self._find(step.operation), step.args, found, self._equipped(step))
        if ended.status is Status.UNKNOWN and not self._follows_pending(step):
            return Status.OK, ended.changes
        return ended.status, ended.changes

    def _with_calls(self, step: Step, found: Observation) -> Observation:
        """What was found, each change with the engine calls that it takes."""
        from phlo.execute.calls import with_calls

        module, host = self._find(step.operation), self._sessions[step.host].host
        changes = (with_calls(step.operation, module, one, step.args, found.seen, host) for one in found.changes)
        return found._replace(changes=tuple(changes))

    def _run_role_tasks(self, step: Step) -> Converged:
        from phlo.execute.role_tasks import RoleTaskRun  # loads Jinja2, which few runs need

        run = RoleTaskRun(
            step=step,
            sessions=self._sessions,
            host=self._equipped(step),
            emit=self._emit,
            gate=self._gate,
            approve=partial(self._approve, step),
            is_cancelled=self._cancelled.is_set,
            clock=self._clock,
        )
        ended = run.run()
        return ended._replace(changes=self._emit.masked(ended.changes))

    def _equipped(self, step: Step) -> Host | None:
        """The host of a step, to make changes on; None in check mode."""
        if self._check:
            return None
        return replace(
            self._sessions[step.host].host,
            run_id=self._run_id,
            progress=lambda line: self._emit.progress(StepId.of(step), line),
            output=lambda line: self._emit.progress(StepId.of(step), line, is_output=True),
            on_undo=lambda call: self._undo_log.on_undo(step, call),
            on_finish=lambda call: self._undo_log.on_finish(step, call),
            is_put_back=lambda: self._is_put_back(step),
        )

    def _look_until_locked(self, step: Step) -> Observation:
        """What a step sees and would change: without the lock for as long as there is nothing to change.

        Raises NotOpenedError when the run must not make changes.
        """
        while True:
            is_locked, found = self._looked.pop(step.id, (self._gate.is_open, None))
            try:
                found = found or self._look(step)
            except PhloError:
                if is_locked or self._check:
                    raise
                self._gate.pass_through()  # another run may be at work there
                continue
            if is_locked or self._check or not (found.changes or self._gate.is_open):
                return found
            self._gate.pass_through()

    def _look(self, step: Step) -> Observation:
        found = observe(self._find(step.operation), step.args, self._sessions.reader(step))
        return found._replace(changes=self._emit.masked(found.changes))

    def _has_pending(self, step: Step) -> bool:
        """Whether a step that this one precedes has something to change."""
        return any(self._look(self._steps[name]).is_pending for name in step.when_pending)

    def _follows_pending(self, step: Step) -> bool:
        return any(self._results[need].status in (Status.PENDING, Status.UNKNOWN) for need in step.after)

    def _failed(self, step: Step, error: PhloError, seconds: float) -> StepResult:
        status = Status.UNREACHABLE if isinstance(error, HostError) else Status.FAILED
        masked = mask_error(error, self._emit.mask)
        is_host_lost = status is Status.UNREACHABLE and not isinstance(error, NodeError)
        found_out = self._lost.setdefault(step.host, step.id) if is_host_lost else self._lost.get(step.host, step.id)
        if found_out != step.id:  # another step found out at the same time, and has told it
            return StepResult(status=status, seconds=seconds)
        self._failures.append(masked)
        self._emit.step_finished(StepId.of(step), status, message=str(masked), detail=masked.detail, seconds=seconds)
        if self._is_put_back(step) and not self._check:
            self._restorer.put_back((step.host, step.service))
        return StepResult(status=status, seconds=seconds)

    def _is_put_back(self, step: Step) -> bool:
        """Whether the service's old version comes back when the step fails."""
        return self._rollback is not Rollback.NONE and self._undo_log.has_undo((step.host, step.service))
