"""Passing events on to their receivers, without letting their errors into the run."""

from __future__ import annotations

from phlo.errors import OperationError, PhloError
from phlo.events import Emit, Event
from phlo.execute.worker_pool import SerialExecutor


class EventSink:
    """Passes events on one at a time, in the order they come; any thread may call it.

    An exception of the listener never reaches the caller, which may be about to release a lock or put a container
    back. The run goes on to its end and then calls `check`.
    """

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._pass_on = SerialExecutor(self._attempt)
        self._error: Exception | None = None

    def __call__(self, event: Event) -> None:
        self._pass_on(event)

    def _attempt(self, event: Event) -> None:
        try:
            self._emit(event)
        except Exception as error:
            self._error = self._error or error

    def check(self) -> None:
        """Raise PhloError when an event could not be shown or recorded."""
        error = self._error
        if error is None:
            return
        if isinstance(error, PhloError):
            raise error
        if isinstance(error, OSError):
            what = f"an event of this run could not be written: {error.strerror or error}"
            raise OperationError(what, where=error.filename, fix="The run itself went on to its end.") from error
        raise PhloError(
            f"phlo itself failed while it reported what it did ({type(error).__name__}: {error})",
            fix="The run itself went on to its end. Run it again with --debug and report what it shows.",
        ) from error
