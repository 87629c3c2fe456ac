"""Retries of requests that failed for a moment: an engine that is restarting, an SSH server that is overloaded.

Use it only for what had no effect: a connection that was not established, or a read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

# The pause before each retry.
PAUSES_SECONDS = (0.1, 0.3, 0.8)
# Nobody listens (yet); the other side hung up; the queue of connections that wait to be accepted is full.
PASSING = (ConnectionRefusedError, ConnectionResetError, BlockingIOError)


def with_retries(call: Callable[[], T], is_passing: Callable[[Exception], bool]) -> T:
    """Return the result of a call. An exception that may pass causes a few retries with growing pauses."""
    for pause in pauses():
        try:
            return call()
        except Exception as error:
            if not is_passing(error):
                raise
        time.sleep(pause)
    return call()


def pauses() -> Iterator[float]:
    """The pauses between the attempts, in order."""
    return iter(PAUSES_SECONDS)


def is_passing(error: Exception) -> bool:
    """Whether a connection that failed with this error may succeed in a moment."""
    return isinstance(error, PASSING)
