"""Telling events one at a time, by whichever thread comes first, while the others go on."""

from __future__ import annotations

import threading
from collections import deque

from phlo.values import Emit, Event


class Teller:
    """Passes events on, one at a time, in the order they come.

    Whoever finds another thread telling leaves its event to that one: a listener that writes to a file or a terminal
    holds up nobody else. What one thread says last, when all others have ended, is told when the call returns.
    """

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._waiting: deque[Event] = deque()
        self._telling = threading.Lock()

    def __call__(self, event: Event) -> None:
        self._waiting.append(event)
        while self._waiting and self._telling.acquire(blocking=False):
            try:
                while self._waiting:
                    self._emit(self._waiting.popleft())
            finally:
                self._telling.release()
