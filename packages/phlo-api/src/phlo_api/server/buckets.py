"""Limits of how often something may happen, for any number of callers in bounded memory."""

from __future__ import annotations

import time
from collections import OrderedDict

MOST_CALLERS = 10_000


class Buckets:
    """A bucket for each caller. It fills at a steady pace and holds what half a minute brings."""

    def __init__(self, per_minute: int) -> None:
        self._pace = per_minute / 60
        self._most = max(per_minute / 2, 1.0)
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def take(self, caller: bytes, now: float | None = None) -> float:
        """Take one out; gives the seconds to wait when the bucket is empty, else 0."""
        now = time.monotonic() if now is None else now
        left = self._left(caller, now)
        wait = 0.0 if left >= 1 else (1 - left) / self._pace
        self._buckets[caller] = (left if wait else left - 1, now)
        while len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        return wait

    def give_back(self, caller: bytes, now: float | None = None) -> None:
        """Put back what was taken out."""
        now = time.monotonic() if now is None else now
        self._buckets[caller] = (min(self._most, self._left(caller, now) + 1), now)

    def _left(self, caller: bytes, now: float) -> float:
        left, at = self._buckets.pop(caller, (self._most, now))
        return min(self._most, left + (now - at) * self._pace)
