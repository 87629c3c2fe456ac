"""What threads hand over to be dealt with one at a time, by whichever thread is at it, while the others go on."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class InTurn(Generic[T]):
    """Has things dealt with one at a time, in the order they come.

    Whoever finds another thread at it leaves its thing to that one and goes on: nobody ever waits. With a lock in its
    place, hundreds of threads end up waiting for one that has the lock and waits for its turn at the interpreter.
    What one thread hands over last, when all others have ended, is dealt with when the call returns.
    """

    def __init__(self, deal_with: Callable[[T], None]) -> None:
        self._deal_with = deal_with
        self._waiting: deque[T] = deque()
        self._at_it = threading.Lock()

    def __call__(self, thing: T) -> None:
        self._waiting.append(thing)
        while self._waiting and self._at_it.acquire(blocking=False):
            try:
                while self._waiting:
                    self._deal_with(self._waiting.popleft())
            finally:
                self._at_it.release()
