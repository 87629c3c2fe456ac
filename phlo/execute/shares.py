"""Sharing the workers between hosts, so that each has a few of its steps made at a time."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable

from phlo.execute.workers import Workers

LEAST = 4


class Shares:
    """Passes calls on to workers, of each host as many at a time as is its share; one thread at a time uses it.

    The steps of a host ask for much the same and wait for each other's answers, and each of them opens a connection
    of its own. Twenty workers do more for five hosts than for two.
    """

    def __init__(self, workers: Workers, most: int) -> None:
        self._workers = workers
        self._most = most
        self._under_way: Counter[str] = Counter()
        self._waiting: dict[str, list[tuple[int, Callable[[], None]]]] = defaultdict(list)

    def submit(self, host: str, rank: int, call: Callable[[], None]) -> None:
        """Have a call made, now or when it is the host's turn; lower ranks come first, and no two are the same."""
        if self._under_way[host] < self._most:
            self._under_way[host] += 1
            self._workers.submit(rank, call)
        else:
            heapq.heappush(self._waiting[host], (rank, call))

    def ended(self, host: str) -> None:
        """A call of the host has come to its end."""
        self._under_way[host] -= 1
        if self._waiting[host]:
            self.submit(host, *heapq.heappop(self._waiting[host]))
