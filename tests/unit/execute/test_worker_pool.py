"""In what order, and by how many, calls are made."""

from __future__ import annotations

import sys
import threading

import pytest

from phlo.execute.worker_pool import WorkerPool, short_lock


def test_calls_that_wait_are_made_in_the_order_of_their_ranks() -> None:
    made: list[int] = []
    is_free = threading.Event()
    with WorkerPool(1) as workers:
        workers.submit(0, is_free.wait)
        for rank in (3, 1, 2, 1):
            workers.submit(rank, lambda rank=rank: made.append(rank))  # type: ignore[misc]
        is_free.set()
    assert made == [1, 1, 2, 3]


def test_as_many_calls_are_under_way_as_may_be_and_no_more() -> None:
    most = together = 0
    lock, all_in = threading.Lock(), threading.Barrier(4)

    def call() -> None:
        nonlocal most, together
        with lock:
            together += 1
            most = max(most, together)
        all_in.wait(10)
        with lock:
            together -= 1

    with WorkerPool(4) as workers:
        for rank in range(12):
            workers.submit(rank, call)
    assert most == 4


def test_a_call_may_ask_for_another() -> None:
    made: list[str] = []
    done = threading.Event()
    with WorkerPool(1) as workers:
        workers.submit(0, lambda: workers.submit(0, lambda: (made.append("second"), done.set())))  # type: ignore[arg-type,func-returns-value]
        assert done.wait(10)
    assert made == ["second"]


def test_an_error_that_leads_out_drops_what_was_not_begun() -> None:
    made: list[int] = []
    is_free = threading.Event()

    def give_up() -> None:
        with WorkerPool(1) as workers:
            workers.submit(0, is_free.wait)
            workers.submit(1, lambda: made.append(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        give_up()
    is_free.set()
    assert made == []


def test_a_call_that_is_asked_for_at_the_end_of_another_is_made_by_the_same_thread() -> None:
    made_by: list[int] = []
    done = threading.Event()

    def call(left: int) -> None:
        made_by.append(threading.get_ident())
        if left:
            workers.submit(0, lambda: call(left - 1))
        else:
            done.set()

    with WorkerPool(4) as workers:
        workers.submit(0, lambda: call(50))
        assert done.wait(10)
    assert len(made_by) == 51
    assert len(set(made_by)) == 1


def test_many_calls_that_ask_for_others_are_all_made_once() -> None:
    made: list[int] = []

    def call(number: int) -> None:
        made.append(number)
        if number < 1000:
            for further in (2 * number, 2 * number + 1):
                workers.submit(further, lambda further=further: call(further))  # type: ignore[misc]

    with WorkerPool(8) as workers:
        workers.submit(1, lambda: call(1))
    assert sorted(made) == list(range(1, 2000))


def test_a_call_that_raises_ends_no_thread_and_is_raised_at_the_end() -> None:
    made: list[int] = []

    def fail() -> None:
        raise KeyError("a defect")

    def work() -> None:
        with WorkerPool(1) as workers:
            workers.submit(0, fail)
            workers.submit(1, lambda: made.append(1))

    with pytest.raises(KeyError, match="a defect"):
        work()
    assert made == [1]


def test_a_free_threaded_interpreter_gets_a_real_lock_and_any_other_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    with short_lock() as has_lock:
        assert has_lock
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: True)
    with short_lock() as has_lock:
        assert has_lock is None


def test_calls_are_made_once_in_a_pool_with_real_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    made: list[int] = []
    with WorkerPool(8, per_host=3) as workers:
        for rank in range(2000):
            workers.submit(rank, lambda rank=rank: made.append(rank), host=f"h{rank % 5}")  # type: ignore[misc]
    assert sorted(made) == list(range(2000))
