"""Threads for the calls of a run: taken in the order of the plan, a few at a time for each host.

Nobody waits long for a lock here (see docs/architecture/decisions/0021): with hundreds of threads, a lock whose holder
waits for its turn at the interpreter stops all of them.
"""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from queue import SimpleQueue
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")
Call = Callable[[], None]


def short_lock() -> AbstractContextManager[object]:
    """A lock around one call of a container that threads share.

    With a global interpreter lock such a call is atomic, and no second lock is needed. A free-threaded
    interpreter really runs threads at the same time, and gets a real lock.
    """
    has_interpreter_lock = getattr(sys, "_is_gil_enabled", lambda: True)()
    return nullcontext() if has_interpreter_lock else threading.Lock()


class SerialExecutor(Generic[T]):
    """Handles items one at a time, in the order they come, in whichever thread is at it.

    A thread that finds another one at it enqueues the item and returns: nobody waits. The last item, enqueued when all
    other threads have ended, is handled when the call returns.
    """

    def __init__(self, handle: Callable[[T], None]) -> None:
        self._handle = handle
        self._waiting: deque[T] = deque()
        self._busy = threading.Lock()

    def __call__(self, item: T) -> None:
        self._waiting.append(item)
        while self._waiting and self._busy.acquire(blocking=False):
            try:
                while self._waiting:
                    self._handle(self._waiting.popleft())
            finally:
                self._busy.release()


class WorkerPool:
    """At most `most` threads, started as they are needed, that make calls, lowest rank first.

    Taking ready steps in the order of the plan keeps a run together: a host is done before the next is begun, so
    that few hosts are talked to at a time however many there are.

    per_host: how many calls of one host are made at a time; None: any number. The steps of a host ask for much the same
    and wait for each other's answers, and each of them opens a connection of its own. Twenty threads do more for five
    hosts than for two.

    A thread that submits a call at the end of its own makes it itself, when no other is ready. Leaving the `with` block
    waits for all calls, unless an exception leads out of it. A call that raises ends no thread; the first such
    exception is raised when the block is left.
    """

    def __init__(self, most: int, *, per_host: int | None = None) -> None:
        self._most = most
        self._limiter = None if per_host is None else PerHostLimiter(per_host, self._enqueue)
        self._lock = short_lock()
        self._ready: list[tuple[int, int, Call]] = []
        self._count = itertools.count()
        # As many as threads may have to be woken. One too many does no harm: a thread makes all calls that are ready.
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._idle: deque[None] = deque()
        self._threads: list[threading.Thread] = []
        self._idents: set[int] = set()
        self._starting = threading.Lock()
        self._is_over = False
        self._error: BaseException | None = None

    def submit(self, rank: int, call: Call, *, host: str = "") -> None:
        """Have a call made. It must end soon once it has submitted others. host: whose call it is, for `per_host`."""
        if self._limiter is not None:
            self._limiter.submit(host, rank, call)
        else:
            self._enqueue(rank, call)

    def _enqueue(self, rank: int, call: Call) -> None:
        with self._lock:
            heapq.heappush(self._ready, (rank, next(self._count), call))
        if threading.get_ident() in self._idents and len(self._ready) == 1:
            return
        self._wake.put(None)
        if len(self._ready) > len(self._idle) and len(self._threads) < self._most:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if len(self._threads) < self._most:
                # A daemon, so that anyone who will not wait for the end of a long call need not.
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
            while (call := self._next()) is not None:
                try:
                    call()
                except BaseException as error:
                    self._error = self._error or error
            if self._is_over:
                return
            self._idle.append(None)
            self._wake.get()
            self._idle.pop()

    def _next(self) -> Call | None:
        try:
            with self._lock:
                return heapq.heappop(self._ready)[2]
        except IndexError:  # there is none
            return None

    def __enter__(self) -> WorkerPool:
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
            if self._error is not None:
                raise self._error


class PerHostLimiter:
    """Starts calls, of each host at most `most` at a time; those that wait start in the order of their ranks."""

    def __init__(self, most: int, start: Callable[[int, Call], None]) -> None:
        self._most = most
        self._start = start
        self._serial: SerialExecutor[Call] = SerialExecutor(lambda call: call())
        self._count = itertools.count()
        self._running: Counter[str] = Counter()
        self._waiting: dict[str, list[tuple[int, int, Call]]] = defaultdict(list)

    def submit(self, host: str, rank: int, call: Call) -> None:
        self._serial(partial(self._admit, host, rank, call))

    def _admit(self, host: str, rank: int, call: Call) -> None:
        if self._running[host] < self._most:
            self._running[host] += 1
            self._start(rank, partial(self._run, host, call))
        else:
            heapq.heappush(self._waiting[host], (rank, next(self._count), call))

    def _run(self, host: str, call: Call) -> None:
        try:
            call()
        finally:
            self._serial(partial(self._release, host))

    def _release(self, host: str) -> None:
        self._running[host] -= 1
        if self._waiting[host]:
            rank, _, call = heapq.heappop(self._waiting[host])
            self._admit(host, rank, call)
