"""A run as JSON lines: every event, one a line (`phlo.events_json`)."""

from __future__ import annotations

from collections.abc import Callable

from phlo.events import Event
from phlo.events_json import event_line


class JsonLines:
    """Writes each event as it comes."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def __call__(self, event: Event) -> None:
        self._write(event_line(event))
