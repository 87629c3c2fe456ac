"""SIGINT, SIGTERM and SIGHUP stop phlo in the same way."""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from phlo import stop_signals as module
from phlo.stop_signals import SIGNALS, Stopped, exit_code_of, signal_of, stop_signals, take_from, wait_for


@pytest.fixture(autouse=True)
def default_handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_each_signal_raises_in_the_main_thread_and_has_its_exit_code(number: int, code: int) -> None:
    with pytest.raises(Stopped) as raised, stop_signals():
        send(number)
    assert exit_code_of(signal_of(raised.value)) == code


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_asks_and_the_second_raises(number: int) -> None:
    asked: list[int] = []
    with stop_signals(first=asked.append):
        send(number)
        assert asked == [number]
        with pytest.raises(Stopped):
            send(number)
    assert asked == [number]


@pytest.mark.parametrize("number", SIGNALS)
def test_an_ignored_signal_stays_ignored_as_under_nohup(number: int) -> None:
    signal.signal(number, signal.SIG_IGN)
    asked: list[int] = []
    with stop_signals(first=asked.append):
        send(number)
    assert asked == []
    assert signal.getsignal(number) is signal.SIG_IGN


def test_the_handlers_before_are_put_back() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with stop_signals(), stop_signals(first=print):
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_nothing_but_this_module_handles_the_signals_that_stop_phlo() -> None:
    """A handler for one of them alone would be a command that the other two cut short."""
    package = Path(__file__).resolve().parents[2] / "phlo"
    names = ("signal.SIGINT", "signal.SIGTERM", "signal.SIGHUP")
    handling = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if any(f"signal.signal({name}" in path.read_text() for name in names)
    ]
    assert handling == []


class NeverForEver(threading.Event):
    """An event that no wait without a time-out is allowed for: such a wait can miss a signal."""

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        return super().wait(min(timeout, 0.01))


def test_the_main_thread_waits_for_an_event_in_steps() -> None:
    event = NeverForEver()
    threading.Timer(0.03, event.set).start()
    wait_for(event)
    assert event.is_set()


def test_the_main_thread_waits_for_an_item_of_a_queue_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 0.01)
    items: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Timer(0.03, items.put, ("item",)).start()
    assert take_from(items) == "item"
