"""Threads that take what is ready in the order of the plan."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from types import TracebackType


class Workers:
    """At most `most` threads, started as they are needed, that make the calls they are given, lowest rank first.

    Taking ready steps in the order of the plan keeps a run together: a host is done before the next is begun, so
    that few hosts are talked to at a time however many there are.

    Leaving the `with` block waits for all calls, unless an exception leads out of it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._ready: list[tuple[int, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._idle = 0
        self._is_over = False

    def submit(self, rank: int, call: Callable[[], None]) -> None:
        """Have a call made. It must not raise."""
        with self._changed:
            heapq.heappush(self._ready, (rank, next(self._count), call))
            if self._idle:
                self._changed.notify()
            if len(self._ready) > self._idle and len(self._threads) < self._most:
                # A daemon, so that whoever will not wait for the end of a long call need not.
                thread = threading.Thread(target=self._work, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._ready:
                    if self._is_over:
                        return
                    self._idle += 1
                    self._changed.wait()
                    self._idle -= 1
                _, _, call = heapq.heappop(self._ready)
            call()

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._is_over = True
            if error is not None:
                self._ready.clear()
            self._changed.notify_all()
        if error is None:
            for thread in self._threads:
                if thread.is_alive():  # Ctrl-C can come between a thread's making and its start
                    thread.join()
