"""How many requests of one kind may be at work at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from phlo_api.server.problems import Refusal


class Turns:
    """For requests that cost much time or memory. Those beyond `most` are refused at once: waiting takes threads."""

    def __init__(self, most: int, what: str) -> None:
        self._free = threading.BoundedSemaphore(most)
        self._what = f"{most} {what} are under way already"

    @contextmanager
    def one(self) -> Iterator[None]:
        """While it lasts one less is left. Raises a Refusal when there is none left."""
        if not self._free.acquire(blocking=False):
            raise Refusal(429, self._what, fix="Ask again in a moment.", headers={"Retry-After": "2"})
        try:
            yield
        finally:
            self._free.release()
