"""The signals that ask phlo to stop: SIGINT (Ctrl-C), SIGTERM (a cancelled CI job) and SIGHUP (a closed terminal)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Queue, SimpleQueue
from types import FrameType
from typing import TypeVar

_Item = TypeVar("_Item")
LONGEST_WAIT_SECONDS = 0.2
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(KeyboardInterrupt):
    """A signal asked phlo to stop. number: the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def signal_of(error: KeyboardInterrupt) -> int:
    """The signal behind an exception; Python's own handler raises a plain KeyboardInterrupt for SIGINT."""
    return error.number if isinstance(error, Stopped) else signal.SIGINT


def exit_code_of(number: int) -> int:
    """The exit code of a command that a signal stopped, as shells report it: 130, 143 or 129."""
    return 128 + number


class StopRequest(threading.Event):
    """Set once a signal asked to stop. number: the signal, None before."""

    def __init__(self) -> None:
        super().__init__()
        self.number: int | None = None

    def take(self, number: int) -> None:
        """Note a signal; for `stop_signals(first=...)`."""
        self.number = number
        self.set()

    def raise_if_set(self) -> None:
        """Raise Stopped when a signal came."""
        if self.number is not None:
            raise Stopped(self.number)


@contextmanager
def stop_signals(first: Callable[[int], None] | None = None) -> Iterator[None]:
    """Treat the three signals alike while a block runs: each raises `Stopped` in the main thread.

    first: called, in the main thread, with the first signal instead. It asks the block to end; the second
    signal raises `Stopped`.

    A signal that is ignored stays ignored (`nohup phlo up` survives the end of its terminal). In a thread other than
    the main one, which Python never interrupts, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    calls = [first] if first else []

    def handle(number: int, frame: FrameType | None) -> None:
        if not calls:
            raise Stopped(number)
        calls.pop()(number)

    # None: a handler that Python did not install, which it could not put back.
    before = {number: signal.getsignal(number) for number in SIGNALS}
    kept = {number: old for number, old in before.items() if old not in (signal.SIG_IGN, None)}
    for number in kept:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, old in kept.items():
            signal.signal(number, old)


def wait_for(event: threading.Event) -> None:
    """Wait for an event in the main thread, where a signal has to be noticed at any time.

    A wait without a time-out can miss a signal that comes right before it: Python's handler then runs only once the
    wait is over.
    """
    while not event.wait(LONGEST_WAIT_SECONDS):
        pass


def take_from(items: SimpleQueue[_Item] | Queue[_Item]) -> _Item:
    """The next item of a queue, waited for as `wait_for` waits for an event."""
    while True:
        try:
            return items.get(timeout=LONGEST_WAIT_SECONDS)
        except Empty:
            continue


def ignore_stop_signals() -> None:
    """Ignore the three signals from now on: the command has ended, and nothing is left to stop."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
