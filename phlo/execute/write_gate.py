"""The moment of a run's first change, before which its deploy lock is taken."""

from __future__ import annotations

import threading
from collections.abc import Callable

from phlo.stop_signals import wait_for


class NotOpenedError(Exception):
    """The run makes no changes: the lock is held by somebody else, or what was seen before it was taken has changed."""


class LookAgainError(Exception):
    """The lock was taken for a change that was decided before; what it was decided from has to be looked at again."""


class WriteGate:
    """Closed until the first change of a run: the step that has it waits until the main thread has opened the gate.

    take: called once, in the main thread: takes the lock and finds out whether all that was seen before still holds.
        None: the gate is open from the beginning.
    """

    def __init__(self, take: Callable[[], bool] | None) -> None:
        self._take = take
        self._wakes = threading.Event()
        self._is_asked = False
        self._decided = threading.Event()
        self.is_open = take is None
        self.is_stale = False
        self.error: BaseException | None = None

    @property
    def is_shut(self) -> bool:
        """Whether the run is not going to make any change."""
        return self._decided.is_set() and not self.is_open

    def pass_through(self) -> None:
        """Return once changes may be made. Raises NotOpenedError."""
        if not self.is_open:
            self._is_asked = True
            self._wakes.set()
            self._decided.wait()
        if not self.is_open:
            raise NotOpenedError

    def run_ended(self) -> None:
        """Nobody will ask any more."""
        self._wakes.set()

    def serve(self) -> None:
        """Wait in the main thread until a step has something to change, or the run has ended; open the gate then.

        What `take` raises is kept in `error`: the steps under way end first.
        """
        if self._take is None:
            return
        wait_for(self._wakes)
        if not self._is_asked:
            return
        try:
            self.is_open = self._take()
            self.is_stale = not self.is_open
        except BaseException as error:
            self.error = error
        finally:
            self._decided.set()
