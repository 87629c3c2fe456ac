"""What a run would have to undo, and what it still has to tidy up, per service and host."""

from __future__ import annotations

import enum
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable

from phlo.values import Step

Key = tuple[str, str]


class Rollback(enum.StrEnum):
    """What is restored when a service's new version fails."""

    NONE = "none"
    SERVICE = "service"  # that service
    STACK = "stack"  # every service that the run has changed


class UndoLog:
    """Undo and finish calls that operations registered, kept until the service's last gate has spoken.

    is_stack: keep them until the end of the run instead (`finish_all`, `undo`).
    """

    def __init__(self, steps: Iterable[Step], *, is_stack: bool = False) -> None:
        self._is_stack = is_stack
        self.undone: set[Key] = set()
        self._lock = threading.Lock()
        self._gates: dict[Key, set[str]] = defaultdict(set)
        self._undo: dict[Key, list[Callable[[], None]]] = defaultdict(list)
        self._finish: dict[Key, list[Callable[[], None]]] = defaultdict(list)
        for step in steps:
            if step.gate:
                self._gates[step.host, step.service].add(step.id)

    def on_undo(self, step: Step, call: Callable[[], None]) -> None:
        with self._lock:
            self._undo[step.host, step.service].append(call)

    def on_finish(self, step: Step, call: Callable[[], None]) -> None:
        with self._lock:
            self._finish[step.host, step.service].append(call)

    def has_undo(self, key: Key) -> bool:
        with self._lock:
            return bool(self._undo.get(key))

    def step_ended(self, step: Step) -> None:
        """A step ended well; when it was the service's last gate, tidy up what its changes left."""
        key = (step.host, step.service)
        with self._lock:
            self._gates[key].discard(step.id)
            if self._gates[key] or not step.gate or self._is_stack:
                return
        self._finish_one(key)

    def finish_all(self) -> None:
        """The whole run ended well; tidy up what its changes left."""
        for key in tuple(self._finish):
            self._finish_one(key)

    def _finish_one(self, key: Key) -> None:
        with self._lock:
            calls = self._finish.pop(key, [])
            self._undo.pop(key, None)
        for call in calls:
            call()

    def undo(self, key: Key) -> None:
        """Put a service back, the last change first. Every call is made; the first error is raised afterwards.

        One with an error does not count as undone: the current state is then not the one that worked before.
        """
        with self._lock:
            calls = self._undo.pop(key, [])
            self._finish.pop(key, None)
        first: Exception | None = None
        for call in reversed(calls):
            try:
                call()
            except Exception as error:
                first = first or error
        if first is not None:
            raise first
        with self._lock:
            self.undone.add(key)

    def uncommitted(self) -> tuple[Key, ...]:
        """Services with changes that are not yet settled, in the order they were made: what others need comes first."""
        with self._lock:
            return tuple(key for key, calls in self._undo.items() if calls)
