"""A run as plain lines: one for each step that changed something or failed, and one at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from phlo.report.run_state import BAD, RunState, label
from phlo.report.step_text import is_news, run_summary, step_lines
from phlo.report.style import Style, seconds_text
from phlo.values import Event, Status, Step

# A long step says what it is at this often, so that a log shows that something is going on.
PROGRESS_EVERY_SECONDS = 5.0


class Lines:
    """Writes a run's events as lines; what it writes depends on the events alone, not on the clock.

    verbosity: 0 what changed or failed, 1 unchanged steps and every progress line as well, 2 skipped steps, too.
    is_quiet:  failures only.
    is_full:   every cause of a change, not only the first few.
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
    ) -> None:
        self.state = RunState(steps)
        self._write = write
        self._style = style
        self._verbosity = verbosity
        self._is_quiet = is_quiet
        self._is_full = is_full
        self._is_check = is_check
        self._told: dict[str, float] = {}
        self._blocked: set[tuple[str | None, str | None]] = set()

    def __call__(self, event: Event) -> None:
        self.state.take(event)
        for line in self.lines(event):
            self._write(line)

    def lines(self, event: Event) -> list[str]:
        """What is written for an event."""
        if event.kind == "step_finished":
            return self._finished(event)
        if event.kind in ("undo_started", "undo_finished"):
            return self._undo(event)
        if self._is_quiet:
            return []
        if event.kind == "step_progress":
            return self._progress(event)
        if event.kind == "note":
            return [f"{self._style.sign('!')} {event.message}", *(f"    {line}" for line in event.detail)]
        if event.kind == "run_finished":
            return [run_summary(self.state, self._style, is_check=self._is_check)]
        return []

    def _finished(self, event: Event) -> list[str]:
        if event.status is Status.BLOCKED:
            if not event.message:  # its host is lost, which was told already
                return []
            key = (event.host, event.service)
            if key in self._blocked or not event.service:  # told once for a service; the project's own has no reader
                return []
            self._blocked.add(key)
        if event.status not in BAD:
            wanted = 0 if is_news(event) else 2 if event.status is Status.SKIPPED else 1
            if self._is_quiet or self._verbosity < wanted:
                return []
        return step_lines(event, self._name(event), self._style, is_full=self._is_full or self._verbosity > 0)

    def _undo(self, event: Event) -> list[str]:
        name = self._style(self._name(event), "bold")
        if event.kind == "undo_started":
            return [f"{self._style.sign('!')} {name}  {event.message or 'putting back what was there'}"]
        if event.status is Status.FAILED:
            details = (f"    {line}" for line in event.detail)
            return [f"{self._style.sign('✗')} {name}  could not be rolled back: {event.message}", *details]
        took = f"  {seconds_text(event.seconds)}" if event.seconds is not None else ""
        return [f"{self._style.sign('✓')} {name}  {event.message or 'rolled back'}{took}"]

    def _progress(self, event: Event) -> list[str]:
        step = self.state.services[(event.host or "", event.service or "")].steps.get(event.step or "")
        since = self._told.get(event.step or "", step.began if step and step.began is not None else event.time)
        if self._verbosity == 0 and event.time - since < PROGRESS_EVERY_SECONDS:
            return []
        self._told[event.step or ""] = event.time
        began = step.began if step and step.began is not None else event.time
        took = seconds_text(max(event.time - began, 0.0))
        return [f"  {self._name(event)}  {self._style(f'{event.operation}: {event.message} ({took})', 'dim')}"]

    def _name(self, event: Event) -> str:
        several = len(self.state.hosts) > 1
        return label(event.host, event.service, shows_host=several).ljust(self.state.label_width)
