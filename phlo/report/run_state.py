"""What is known of a run so far, put together from its events."""

from __future__ import annotations

from collections.abc import Iterable

from phlo.frozen import dataclass, field
from phlo.report.change_text import COUNTS, count_of
from phlo.values import Change, Event, Status, Step

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
    """One step: `status` None means it has not ended, `began` None that it has not begun."""

    id: str
    operation: str
    began: float | None = None
    status: Status | None = None
    progress: str = ""
    end: Event | None = None


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

    def ends(self, status: Status) -> tuple[Event, ...]:
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
        for step in steps:
            self._step(step.host, step.service, step.id, step.operation)

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
        if event.kind == "run_started":
            self.title, self.began = event.message, event.time
        elif event.kind == "run_finished":
            self.seconds = event.seconds
        elif event.kind in ("undo_started", "undo_finished"):
            state = self._service(event.host or "", event.service or "")
            state.undoing = event.message or "rolling back" if event.kind == "undo_started" else ""
            state.undone = event.kind == "undo_finished" and event.status is not Status.FAILED
        elif event.step:
            step = self._step(event.host or "", event.service or "", event.step, event.operation or "")
            if event.kind == "step_started":
                step.began = event.time
            elif event.kind == "step_progress":
                step.progress = event.message
            elif event.kind == "step_finished":
                step.status, step.end = event.status, event

    def counts(self) -> dict[str, int]:
        """What happened (or would happen), counted: create, recreate, ..., unchanged, and the bad ends.

        A service on a host counts once; what belongs to the whole project (networks, volumes) one by one.
        """
        found = dict.fromkeys((*COUNTS, "unchanged", *sorted(status.value for status in BAD)), 0)
        for state in self.services.values():
            status = state.status
            if status is Status.BLOCKED and not state.service:
                continue  # looking for orphans, which a failure holds up, is no service
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
        """True when something was or would be changed, or could not be told."""
        states = self.services.values()
        return any(state.has_counted_changes for state in states) or any(
            step.status is Status.UNKNOWN for state in states for step in state.steps.values()
        )

    def _service(self, host: str, service: str) -> ServiceState:
        found = self.services.get((host, service))
        if found is None:
            found = self.services[host, service] = ServiceState(host=host, service=service)
            self._hosts[host] = None
        return found

    def _step(self, host: str, service: str, name: str, operation: str) -> StepState:
        steps = self._service(host, service).steps
        found = steps.get(name)
        if found is None:
            found = steps[name] = StepState(id=name, operation=operation)
        return found
