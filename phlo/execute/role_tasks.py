"""Runs the tasks of a role as one step of a plan; each task is an event of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from phlo.errors import HostError, NodeError, OperationError, PhloError, first_of
from phlo.events import Event, StepId
from phlo.execute.converge import Converged, Observation
from phlo.execute.emitter import Emitter
from phlo.execute.host_sessions import HostSessions
from phlo.execute.play.members import Members
from phlo.execute.play.outcome import PlaybookOutcome
from phlo.execute.play.run import PlayRunner
from phlo.execute.play.run_context import RunContext
from phlo.execute.write_gate import LookAgainError, WriteGate
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.plan.role_tasks import RoleTasks
from phlo.playbook.lookups import lookup_functions
from phlo.playbook.templating import Templar
from phlo.values import Change, Status, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTaskRun:
    """The step of a role's tasks as it runs.

    host:    to make changes on; None in check mode.
    approve: called with what the step is about to change; raises PhloError when that must not be changed.
    """

    step: Step
    sessions: HostSessions
    host: Host | None
    emit: Emitter
    gate: WriteGate
    approve: Callable[[tuple[Change, ...]], None]
    is_cancelled: Callable[[], bool]
    clock: Callable[[], float]

    def run(self) -> Converged:
        """Run the tasks; each is looked at once, and changed by what was seen then.

        While the run has no deploy lock, tasks are only looked at. With the first change the lock is taken and the
        tasks start over, because another run may have changed something. Raises PhloError, and NotOpenedError when
        the lock cannot be had.
        """
        while True:
            is_settled = self.host is None or self.gate.is_open
            held_back: list[Event] = []
            try:
                outcome = self._run_once(self.emit if is_settled else self.emit.aside(held_back.append), is_settled)
            except LookAgainError:
                continue
            if is_settled or not (outcome.failures or self.gate.is_open):
                for event in held_back:
                    self.emit.forward(event)
                return self._ended(outcome)
            self.gate.pass_through()

    def _run_once(self, emit: Emitter, is_settled: bool) -> PlaybookOutcome:
        tasks: RoleTasks = self.step.args

        def before_change(found: Observation) -> None:
            if not is_settled:
                self.gate.pass_through()
                raise LookAgainError
            if found.is_pending:
                self.approve(_summary(tasks.service, found.changes))

        def reader_of(host: Host | ReadHost) -> ReadHost:
            return host.reader() if is_settled else self.sessions.reader(self.step, host.name)

        context = RunContext(
            project=tasks.project,
            members=Members(tasks.inventory, self._hosts(tasks)),
            loader=tasks.loader,
            find=tasks.operations.find,
            bring_up=_refuse,
            check=self.host is None,
            reader_of=reader_of,
            before_change=before_change,
            clock=self.clock,
        )
        functions, vault = lookup_functions(tasks.project.root), tasks.inventory.vault
        templar = Templar(functions=functions, on_secret=emit.mask.learn, vault=vault)
        vault.tell(emit.mask.learn)
        for secret in tasks.project.secrets:
            emit.mask.learn(secret)
        runner = PlayRunner(
            context,
            templar,
            emit,
            workers=None,
            is_cancelled=self.is_cancelled,
            limit=[self.step.host],
            parent=StepId.of(self.step),
        )
        runner.run([tasks.play])
        return runner.outcome(signal=None, seconds=0.0)

    def _hosts(self, tasks: RoleTasks) -> Mapping[str, Host | ReadHost]:
        names = {*tasks.nodes, self.step.host}
        if self.host is None:
            return {name: self.sessions.reader(self.step, name) for name in names}
        return {name: self.host if name == self.step.host else self.host.peer(name) for name in names}

    def _ended(self, outcome: PlaybookOutcome) -> Converged:
        tasks: RoleTasks = self.step.args
        if self.host is None:
            return self._foreseen(tasks, outcome)
        if self.is_cancelled():
            where = f"{self.step.host} {tasks.service}"
            raise OperationError("stopped before all of its tasks were done", where=where)
        if outcome.failures:
            raise self._of_node(tasks, first_of(list(outcome.failures)))
        is_changed = any(change.is_counted for change in outcome.changes)
        return Converged(Status.CHANGED if is_changed else Status.OK, outcome.changes, {})

    def _foreseen(self, tasks: RoleTasks, outcome: PlaybookOutcome) -> Converged:
        """What the tasks would change, as one change; not counted when that is only known once they run."""
        for error in outcome.failures:
            if isinstance(error, HostError):
                raise self._of_node(tasks, error)
            cause = f"known once it runs ({error.what})"
            change = Change(at=f"tasks:{tasks.service}", verb="run", causes=(cause,), is_counted=False)
            return Converged(Status.UNKNOWN, (change,), {})
        if not outcome.changes:
            return Converged(Status.OK, (), {})
        changes = _summary(tasks.service, outcome.changes)
        return Converged(Status.PENDING if changes[0].is_counted else Status.UNKNOWN, changes, {})

    def _of_node(self, tasks: RoleTasks, error: PhloError) -> PhloError:
        """The error; in a cluster a host that is lost may be a node, while the manager works."""
        if not isinstance(error, HostError) or not tasks.nodes:
            return error
        return NodeError(error.what, where=error.where, fix=error.fix, detail=error.detail)


def _summary(service: str, changes: Sequence[Change]) -> tuple[Change, ...]:
    """The changes of tasks as one change of their step."""
    counted = [change for change in changes if change.is_counted]
    causes = (f"{one.verb} {one.at.replace(':', ' ', 1)}: {', '.join(one.causes)}" for one in counted or changes)
    return (Change(at=f"tasks:{service}", verb="run", causes=tuple(causes), is_counted=bool(counted)),)


def _refuse(services: Sequence[str], hosts: Sequence[str]) -> Mapping[str, tuple[Change, ...]]:
    raise PhloError("a role's tasks cannot bring services up")
