"""Errors of anyone who shows or records events stay out of the run."""

from __future__ import annotations

import errno
import threading

import pytest

from phlo.errors import ConfigError, OperationError, PhloError
from phlo.events import Event, Note
from phlo.execute.event_sink import EventSink

EVENT = Note(time=1.0, run="r", message="outer")


@pytest.mark.parametrize(
    ("raised", "expected", "text"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "log"), OperationError, "log: .*No space left on device"),
        (ConfigError("is wrong"), ConfigError, "is wrong"),
        (KeyError("x"), PhloError, "phlo itself failed while it reported"),
    ],
)
def test_the_first_error_is_raised_by_check_and_never_by_the_call(
    raised: Exception, expected: type[PhloError], text: str
) -> None:
    calls: list[Event] = []

    def emit(event: Event) -> None:
        calls.append(event)
        raise raised

    sink = EventSink(emit)
    sink(EVENT)
    sink(EVENT)
    assert calls == [EVENT, EVENT]
    with pytest.raises(expected, match=text):
        sink.check()


def test_without_an_error_check_is_silent() -> None:
    sink = EventSink(lambda event: None)
    sink(EVENT)
    sink.check()


def test_an_event_from_a_thread_that_is_at_it_does_not_wait_for_itself() -> None:
    """A signal handler emits while the main thread is in the middle of an event."""
    inner = Note(time=1.0, run="r", message="inner")
    order: list[Event] = []

    def emit(event: Event) -> None:
        if event is EVENT:
            sink(inner)
        order.append(event)

    sink = EventSink(emit)
    thread = threading.Thread(target=sink, args=(EVENT,), daemon=True)
    thread.start()
    thread.join(10)
    assert order == [EVENT, inner]
