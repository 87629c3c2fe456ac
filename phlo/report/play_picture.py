"""The live picture of a run of playbooks: the tasks that are under way, host by host."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from phlo.events import Event, PlayStarted, RunStarted, StepFinished, StepId, StepProgress, StepStarted, TaskId
from phlo.report.frame import Row, picture
from phlo.report.style import plural, seconds_text

if TYPE_CHECKING:
    from rich.console import RenderableType


class _Running(NamedTuple):
    step: StepId | TaskId
    began: float
    progress: str = ""

    @property
    def text(self) -> str:
        """What is done: the task, or what a step of a plan does to its service."""
        step = self.step
        what = step.name if isinstance(step, TaskId) else f"{step.service} {step.operation}".strip()
        return f"{what}: {self.progress}" if self.progress else what


class PlayState:
    """What is under way; it takes every event of the run."""

    def __init__(self) -> None:
        self._play = ""
        self._began = 0.0
        self._done = 0
        self._running: dict[str, _Running] = {}

    def take(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._began = event.time
            case PlayStarted():
                self._play = event.play
            case StepStarted():
                self._running[str(event.step)] = _Running(event.step, event.time)
            case StepProgress() if found := self._running.get(str(event.step)):
                self._running[str(event.step)] = found._replace(progress=event.message)
            case StepFinished():
                self._running.pop(str(event.step), None)
                self._done += 1

    def picture(self, now: float, height: int) -> RenderableType:
        """At most `height` lines; what does not fit is counted."""
        done = f"{plural(self._done, 'task')} done"
        title = f"{self._play}  {done}  {seconds_text(max(now - self._began, 0.0))}"
        running = list(self._running.values())
        room = max(height - 1, 1)
        shown = running if len(running) <= room else running[: room - 1]
        rows = [Row("", one.step.host, one.text, seconds_text(max(now - one.began, 0.0))) for one in shown]
        if len(shown) < len(running):
            rows.append(Row(" ", f"… {len(running) - len(shown)} more"))
        return picture(title, rows, now)
