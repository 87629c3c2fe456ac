"""What is known of a run so far, put together from its events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from phlo.events import (
    Event,
    RunFinished,
    RunStarted,
    StepFinished,
    StepId,
    StepProgress,
    StepStarted,
    TaskId,
    UndoFinished,
    UndoStarted,
)
from phlo.frozen import dataclass, field
from phlo.report.change_text import COUNTS, count_of
from phlo.values import Change, Status, Step

_WORST_FIRST = (
    Status.ROLLED_BACK,
    Status.FAILED,
    Status.UNREACHABLE,
    Status.BLOCKED,
    Status.CHANGED,
    Status.PENDING,
    Status.UNKNOWN,
    Status.OK,
    Status.SKIPPED,
)
BAD = frozenset({Status.FAILED, Status.UNREACHABLE, Status.ROLLED_BACK, Status.BLOCKED})


def label(host: str | None, service: str | None, *, shows_host: bool) -> str:
    """What a line is about: the service, with its host when there are several."""
    name = service or "(project)"
    return f"{host} {name}" if shows_host and host else name


@dataclass(slots=True, kw_only=True)
class StepState:
    """One step: `status` None means it has not ended, `began` None that it has not begun.

    tasks: those of a role that the step runs.
    """

    id: str
    name: str
    operation: str
    began: float | None = None
    status: Status | None = None
    progress: str = ""
    end: StepFinished | None = None
    tasks: dict[str, StepState] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class ServiceState:
    """One service on one host; `service` is empty for what belongs to the whole project."""

    host: str
    service: str
    steps: dict[str, StepState] = field(default_factory=dict)
    undoing: str = ""
    undone: bool = False

    @property
    def is_done(self) -> bool:
        return all(step.status is not None for step in self.steps.values())

    @property
    def running(self) -> tuple[StepState, ...]:
        return tuple(step for step in self.steps.values() if step.began is not None and step.status is None)

    @property
    def began(self) -> float | None:
        return min((step.began for step in self.steps.values() if step.began is not None), default=None)

    @property
    def status(self) -> Status | None:
        """The worst that one of its steps ended with; None while nothing has ended."""
        if self.undone:
            return Status.ROLLED_BACK
        found = {step.status for step in self.steps.values()}
        return next((status for status in _WORST_FIRST if status in found), None)

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(change for step in self.steps.values() if step.end for change in step.end.changes)

    @property
    def has_counted_changes(self) -> bool:
        return any(change.is_counted for change in self.changes)

    @property
    def seconds(self) -> float:
        """From the begin of its first step to the end of its last."""
        ends = [step.end.time for step in self.steps.values() if step.end]
        return max(ends) - self.began if ends and self.began is not None else 0.0

    def ends(self, status: Status) -> tuple[StepFinished, ...]:
        """How its steps ended that ended with `status`."""
        return tuple(step.end for step in self.steps.values() if step.end and step.status is status)


class RunState:
    """Folds a run's events. steps: those of the plan, so that what has not begun is known as well."""

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self.services: dict[tuple[str, str], ServiceState] = {}
        self.title = ""
        self.began = 0.0
        self.seconds: float | None = None
        self._hosts: dict[str, None] = {}
        self._measured: tuple[int, int] = (0, 0)
        steps = tuple(steps)
        self._needs = _needs(steps)
        for step in steps:
            self.step(StepId.of(step))

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(self._hosts)

    @property
    def label_width(self) -> int:
        """Columns that the longest label takes, within reason."""
        count, width = self._measured
        if count != len(self.services):  # it is asked for with every line, and there may be thousands of each
            several = len(self._hosts) > 1
            labels = (label(host, service, shows_host=several) for host, service in self.services)
            width = min(max(map(len, labels), default=0), 40)
            self._measured = len(self.services), width
        return width

    def take(self, event: Event) -> None:
        """Note one event."""
        match event:
            case RunStarted():
                self.title, self.began = event.title, event.time
            case RunFinished():
                self.seconds = event.seconds
            case UndoStarted():
                state = self._service(event.host, event.service)
                state.undoing, state.undone = event.message or "rolling back", False
            case UndoFinished():
                state = self._service(event.host, event.service)
                state.undoing, state.undone = "", event.status is not Status.FAILED
            case StepStarted():
                self.step(event.step).began = event.time
                if isinstance(event.step, TaskId) and event.step.is_part:
                    self._whole(event.step).progress = event.step.name
            case StepProgress(is_output=False):
                self.step(event.step).progress = event.message
            case StepFinished():
                step = self.step(event.step)
                step.status = Status.OK if event.is_tolerated else event.status
                step.end = event

    def counts(self) -> dict[str, int]:
        """What happened (or would happen), counted: create, recreate, ..., unchanged, and the bad ends.

        A service on a host counts once; what belongs to the whole project (networks, volumes) one by one.
        """
        found = dict.fromkeys((*COUNTS, "unchanged", *sorted(status.value for status in BAD)), 0)
        for state in self.services.values():
            status = state.status
            if status is Status.BLOCKED and not state.service:
                continue  # looking for orphans, which a failure holds up, is not a service
            if status in BAD:
                found[status.value] += 1
            elif state.service:
                count = count_of(state.changes)
                if count is not None:
                    found[count] += 1
                elif status is Status.OK:
                    found["unchanged"] += 1
            else:
                for change in state.changes:
                    count = count_of((change,))
                    if count is not None:
                        found[count] += 1
        return found

    @property
    def has_changes(self) -> bool:
        """True when something was or would be changed, or is unknown."""
        states = self.services.values()
        return any(state.has_counted_changes for state in states) or any(
            step.status is Status.UNKNOWN for state in states for step in state.steps.values()
        )

    def waits_for(self, one: ServiceState) -> tuple[str, ...]:
        """The services that a service still waits for, by name."""
        found: dict[str, None] = {}
        for host, service, step in self._needs.get((one.host, one.service), ()):
            state = self.services.get((host, service))
            if state and step in state.steps and state.steps[step].status is None:
                found[service if host == one.host else f"{service} on {host}"] = None
        return tuple(found)

    def _service(self, host: str, service: str) -> ServiceState:
        found = self.services.get((host, service))
        if found is None:
            found = self.services[host, service] = ServiceState(host=host, service=service)
            self._hosts[host] = None
        return found

    def step(self, step: StepId | TaskId) -> StepState:
        """What is known of a step."""
        is_part = isinstance(step, TaskId) and step.is_part
        steps = self._whole(step).tasks if is_part else self._service(step.host, step.service).steps
        key = str(step)
        if key not in steps:
            steps[key] = StepState(id=key, name=step.name, operation=step.operation)
        return steps[key]

    def _whole(self, task: StepId | TaskId) -> StepState:
        """The step that a role's task is a part of."""
        assert isinstance(task, TaskId)
        steps = self._service(task.host, task.service).steps
        return steps.setdefault(task.parent, StepState(id=task.parent, name="tasks", operation="tasks"))


def _needs(steps: Sequence[Step]) -> dict[tuple[str, str], list[tuple[str, str, str]]]:
    """Host and service -> host, service and id of the steps of other services that it waits for."""
    known = {step.id: (step.host, step.service, step.id) for step in steps}
    found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for step in steps:
        needs = [known[need] for need in step.after if need in known]
        others = [need for need in needs if need[1] and need[:2] != (step.host, step.service)]
        found.setdefault((step.host, step.service), []).extend(others)
    return found
