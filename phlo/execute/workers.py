"""Threads that take what is ready in the order of the plan."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType


class Workers:
    """At most `most` threads, started as they are needed, that make the calls they are given, lowest rank first.

    Taking ready steps in the order of the plan keeps a run together: a host is done before the next is begun, so
    that few hosts are talked to at a time however many there are.

    Nobody waits for a lock here: what is shared is changed by single calls, which no other thread can come between.
    A thread that asks for a call at the end of its own makes it itself, when it is the only one that is ready.

    Leaving the `with` block waits for all calls, unless an exception leads out of it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._ready: list[tuple[int, int, Callable[[], None]]] = []
        self._count = itertools.count()
        # As many as threads may have to be woken. One too many does no harm: a thread makes all calls that are ready.
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._idle: deque[None] = deque()
        self._threads: list[threading.Thread] = []
        self._idents: set[int] = set()
        self._starting = threading.Lock()
        self._is_over = False

    def submit(self, rank: int, call: Callable[[], None]) -> None:
        """Have a call made. It must not raise, and come to its end soon once it has asked for others."""
        heapq.heappush(self._ready, (rank, next(self._count), call))
        if threading.get_ident() in self._idents and len(self._ready) == 1:
            return
        self._wake.put(None)
        if len(self._ready) > len(self._idle) and len(self._threads) < self._most:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if len(self._threads) < self._most:
                # A daemon, so that whoever will not wait for the end of a long call need not.
                thread = threading.Thread(target=self._work, daemon=True)
                self._threads.append(thread)
                try:
                    thread.start()
                except BaseException:  # Ctrl-C
                    self._threads.remove(thread)
                    raise

    def _work(self) -> None:
        self._idents.add(threading.get_ident())
        while True:
            while self._ready:
                try:
                    _, _, call = heapq.heappop(self._ready)
                except IndexError:  # another thread was quicker
                    break
                call()
            if self._is_over:
                return
            self._idle.append(None)
            self._wake.get()
            self._idle.pop()

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over = True
        if error is not None:
            self._ready.clear()
        for _ in range(len(self._threads) + 1):  # one more for a thread whose start Ctrl-C has broken off
            self._wake.put(None)
        if error is None:
            for thread in self._threads:
                thread.join()
