"""What happens in a run, as events: one type a kind. Everything that phlo shows or keeps of a run is made from these.

`time` is in seconds since the epoch, `run` is the run's id, `seconds` is how long something took. Secrets are masked
before an event is made (`phlo.execute.emitter`). The JSON form is in `phlo.events_json`.
"""

from __future__ import annotations

from collections.abc import Callable

from phlo.frozen import dataclass
from phlo.values import Change, Status, Step, step_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StepId:
    """A step of a plan. name: which of the service's steps on the host, e.g. `image` or `ready:2`.

    service is empty for what belongs to the whole project.
    """

    host: str
    service: str
    operation: str
    name: str

    is_part = False

    @staticmethod
    def of(step: Step) -> StepId:
        return StepId(host=step.host, service=step.service, operation=step.operation, name=step.name)

    def __str__(self) -> str:
        return step_id(self.host, self.service, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskId:
    """A task on a host. number: counts the tasks of the run from 1. name: as shown, templates rendered.

    service: the service whose role the task belongs to, empty for none.
    parent:  the id of the plan's step that runs the task, empty in a playbook.
    """

    host: str
    play: str
    number: int
    name: str
    operation: str
    service: str = ""
    parent: str = ""

    @property
    def is_part(self) -> bool:
        """Whether the task is a part of a plan's step."""
        return bool(self.parent)

    def __str__(self) -> str:
        return f"{self.parent or f'{self.host}/{self.play}'}/{self.number} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """title: what the run is for, e.g. `up`."""

    time: float
    run: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayStarted:
    """play: its name. hosts: those it runs on."""

    time: float
    run: str
    play: str
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    time: float
    run: str
    step: StepId | TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgress:
    """message: what the step is doing now; with `is_output` a line that a program printed meanwhile."""

    time: float
    run: str
    step: StepId | TaskId
    message: str
    is_output: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDetails:
    """What a step or task was given, what it found and what it gave, before its end: only with -v.

    arguments, observed, result: JSON, secrets masked; empty for nothing.
    """

    time: float
    run: str
    step: StepId | TaskId
    arguments: str = ""
    observed: str = ""
    result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFinished:
    """One item of a task's loop. item: its label; the other fields are those of StepFinished."""

    time: float
    run: str
    step: TaskId
    item: str
    status: Status
    changes: tuple[Change, ...] = ()
    message: str = ""
    detail: tuple[str, ...] = ()
    seconds: float | None = None
    where: str = ""
    is_ignored: bool = False

    @property
    def is_tolerated(self) -> bool:
        return self.is_ignored


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished:
    """The end of a step or task; one that was not started only ends.

    message, detail: why it failed or was skipped, or what it reports; further lines (log lines, a diff).
    where:      file and line of a task that failed.
    is_ignored: it failed, and `ignore_errors` or `ignore_unreachable` says that the run goes on.
    is_rescued: it failed in a block that has a `rescue`.
    """

    time: float
    run: str
    step: StepId | TaskId
    status: Status
    changes: tuple[Change, ...] = ()
    message: str = ""
    detail: tuple[str, ...] = ()
    seconds: float | None = None
    where: str = ""
    is_ignored: bool = False
    is_rescued: bool = False

    @property
    def is_tolerated(self) -> bool:
        """Whether it failed without its host or the run failing by that."""
        return self.is_ignored or self.is_rescued


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoStarted:
    """A service is being restored to its previous version."""

    time: float
    run: str
    host: str
    service: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoFinished:
    """status: `rolled-back`, or `failed` with the reason in `message`."""

    time: float
    run: str
    host: str
    service: str
    status: Status
    message: str = ""
    detail: tuple[str, ...] = ()
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something to know about the whole run."""

    time: float
    run: str
    message: str
    detail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """result: ok, changed, pending, failed, rolled_back, unreachable or interrupted."""

    time: float
    run: str
    result: str
    seconds: float


Event = (
    RunStarted
    | PlayStarted
    | StepStarted
    | StepProgress
    | StepDetails
    | ItemFinished
    | StepFinished
    | UndoStarted
    | UndoFinished
    | Note
    | RunFinished
)
Emit = Callable[[Event], None]
