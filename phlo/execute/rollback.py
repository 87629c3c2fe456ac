"""What a run would have to undo, and what it still has to tidy up, per service and host."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable

from phlo.values import Step

Key = tuple[str, str]


class Ledger:
    """Undo and finish calls that operations registered, kept until the service's last gate has spoken."""

    def __init__(self, steps: Iterable[Step]) -> None:
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
            if self._gates[key] or not step.gate:
                return
            calls = self._finish.pop(key, [])
            self._undo.pop(key, None)
        for call in calls:
            call()

    def undo(self, key: Key) -> None:
        """Put a service back, the last change first. Every call is made; the first error is raised afterwards."""
        with self._lock:
            calls = self._undo.pop(key, [])
            self._finish.pop(key, None)
            self.undone.add(key)
        first: Exception | None = None
        for call in reversed(calls):
            try:
                call()
            except Exception as error:
                first = first or error
        if first is not None:
            raise first

    def unproven(self) -> tuple[Key, ...]:
        """Services with changes that no gate has spoken on (the run was interrupted)."""
        with self._lock:
            return tuple(sorted(key for key, calls in self._undo.items() if calls))
