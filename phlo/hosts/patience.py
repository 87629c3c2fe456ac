"""Trying once more what failed for a moment: an engine that is being started anew, an SSH server that is busy.

Only for what certainly had no effect: a connection that did not come about, a read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

# How long to wait before each further try.
PAUSES_SECONDS = (0.1, 0.3, 0.8)
# Nobody listens (yet); it hung up; so many are waiting to be let in that the kernel lets nobody else wait.
PASSING = (ConnectionRefusedError, ConnectionResetError, BlockingIOError)


def patiently(call: Callable[[], T], is_passing: Callable[[Exception], bool]) -> T:
    """What a call gives; after an exception that may pass it is made again, a few times with growing pauses."""
    for pause in pauses():
        try:
            return call()
        except Exception as error:
            if not is_passing(error):
                raise
        time.sleep(pause)
    return call()


def pauses() -> Iterator[float]:
    """The pauses between tries, one after the other."""
    return iter(PAUSES_SECONDS)


def is_passing(error: Exception) -> bool:
    """Whether a connection that did not come about may do so in a moment."""
    return isinstance(error, PASSING)
