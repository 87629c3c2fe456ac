"""What a step or task was given, found and gave, as lines below its own."""

from __future__ import annotations

from phlo.events import Event, StepDetails
from phlo.report.style import Style


class Details:
    """Keeps the details of steps until the lines of their ends are written.

    shows_observed: what a step found, too.
    """

    def __init__(self, style: Style, *, shows_observed: bool) -> None:
        self._style = style
        self._names = ("arguments", "observed", "result") if shows_observed else ("arguments", "result")
        self._kept: dict[str, StepDetails] = {}

    def take(self, event: Event) -> None:
        if isinstance(event, StepDetails):
            self._kept[str(event.step)] = event

    def lines(self, step: object, indent: str) -> list[str]:
        """The lines for a step that has ended, or for an item of its loop."""
        kept = self._kept.pop(str(step), None)
        texts = [(name, getattr(kept, name)) for name in self._names] if kept else []
        return [self._style(f"{indent}{name}: {text}", "dim") for name, text in texts if text]
