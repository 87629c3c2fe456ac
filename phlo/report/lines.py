"""A run as plain lines: one for each step that changed something or failed, and one at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from phlo.events import Event, Note, RunFinished, StepFinished, StepId, StepProgress, TaskId, UndoFinished, UndoStarted
from phlo.report.details import Details
from phlo.report.run_state import BAD, RunState, label
from phlo.report.step_text import is_news, run_summary, step_lines
from phlo.report.style import Style, seconds_text
from phlo.values import Status, Step

# A long step says what it is at this often, so that a log shows that something is going on.
PROGRESS_EVERY_SECONDS = 5.0


class Lines:
    """Writes a run's events as lines; what it writes depends on the events alone, not on the clock.

    verbosity: 0 what changed or failed, 1 unchanged steps, every progress line, and the tasks of roles with what they
               were given and gave, 2 skipped steps, and what each step was given and observed.
    is_quiet:  failures only.
    is_full:   every cause of a change, not only the first few.
    shows_progress: False where a picture alone shows what is under way.
    """

    def __init__(
        self,
        write: Callable[[str], object],
        style: Style,
        steps: Iterable[Step] = (),
        *,
        verbosity: int = 0,
        is_quiet: bool = False,
        is_full: bool = False,
        is_check: bool = False,
        shows_progress: bool = True,
    ) -> None:
        self.state = RunState(steps)
        self._write = write
        self._style = style
        self._verbosity = verbosity
        self._is_quiet = is_quiet
        self._is_full = is_full
        self._is_check = is_check
        self._shows_progress = shows_progress
        self._told: dict[str, float] = {}
        self._details = Details(style, shows_observed=verbosity > 1)
        self._blocked: set[tuple[str, str]] = set()

    def __call__(self, event: Event) -> None:
        self.state.take(event)
        self._details.take(event)
        for line in self.lines(event):
            self._write(line)

    def lines(self, event: Event) -> list[str]:
        """What is written for an event."""
        match event:
            case StepFinished():
                return self._part(event) if event.step.is_part else self._finished(event)
            case UndoStarted() | UndoFinished():
                return self._undo(event)
            case _ if self._is_quiet:
                return []
            case StepProgress():
                return self._progress(event) if self._shows_progress else []
            case Note():
                return [f"{self._style.sign('!')} {event.message}", *(f"    {line}" for line in event.detail)]
            case RunFinished():
                return [run_summary(self.state, self._style, is_check=self._is_check)]
        return []

    def _finished(self, event: StepFinished) -> list[str]:
        if event.status is Status.BLOCKED:
            if not event.message:  # its host is lost, which was told already
                return []
            key = (event.step.host, event.step.service)
            if key in self._blocked or not event.step.service:  # once for a service, never for the project's own steps
                return []
            self._blocked.add(key)
            if self._has_failed(event.step):
                return []  # the reason was shown
        if event.status not in BAD:
            wanted = 0 if is_news(event) else 2 if event.status is Status.SKIPPED else 1
            if self._is_quiet or self._verbosity < wanted:
                return []
        lines = step_lines(event, self._name(event.step), self._style, is_full=self._is_full or self._verbosity > 0)
        return lines + (self._details.lines(event.step, "    ") if self._verbosity > 1 else [])

    def _part(self, event: StepFinished) -> list[str]:
        """A task of a role; without -v only the step that it is a part of is shown."""
        if self._is_quiet or self._verbosity < (2 if event.status is Status.SKIPPED else 1):
            return []
        lines = [f"    {line}" for line in step_lines(event, event.step.name, self._style, is_full=True)]
        return lines + self._details.lines(event.step, "        ")

    def _has_failed(self, step: StepId | TaskId) -> bool:
        """Whether another step of the same service has failed."""
        return bool(self.state.services[(step.host, step.service)].ends(Status.FAILED))

    def _undo(self, event: UndoStarted | UndoFinished) -> list[str]:
        name = self._style(self._name(event), "bold")
        if isinstance(event, UndoStarted):
            return [f"{self._style.sign('!')} {name}  {event.message or 'restoring the previous version'}"]
        if event.status is Status.FAILED:
            details = (f"    {line}" for line in event.detail)
            return [f"{self._style.sign('✗')} {name}  could not be rolled back: {event.message}", *details]
        took = f"  {seconds_text(event.seconds)}" if event.seconds is not None else ""
        return [f"{self._style.sign('✓')} {name}  {event.message or 'rolled back'}{took}"]

    def _progress(self, event: StepProgress) -> list[str]:
        step = self.state.step(event.step)
        began = event.time if step.began is None else step.began
        since = self._told.get(step.id, began)
        if self._verbosity == 0 and event.time - since < PROGRESS_EVERY_SECONDS:
            return []
        self._told[step.id] = event.time
        took = seconds_text(max(event.time - began, 0.0))
        return [f"  {self._name(event.step)}  {self._style(f'{step.operation}: {event.message} ({took})', 'dim')}"]

    def _name(self, one: StepId | TaskId | UndoStarted | UndoFinished) -> str:
        several = len(self.state.hosts) > 1
        return label(one.host, one.service, shows_host=several).ljust(self.state.label_width)
