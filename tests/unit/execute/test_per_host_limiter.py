"""How many calls of a host are under way at a time."""

from __future__ import annotations

import threading
from collections import Counter

from phlo.execute.worker_pool import WorkerPool


def test_a_host_has_no_more_calls_under_way_than_it_may_and_others_go_ahead() -> None:
    guard, all_in, under_way, most = threading.Lock(), threading.Barrier(6), Counter[str](), Counter[str]()

    def call(host: str) -> None:
        with guard:
            under_way[host] += 1
            most[host] = max(most[host], under_way[host])
        all_in.wait(10)  # as many as three hosts may have under way together
        with guard:
            under_way[host] -= 1

    with WorkerPool(16, per_host=2) as workers:
        for rank in range(24):
            host = f"h{rank % 3}"
            workers.submit(rank, lambda host=host: call(host), host=host)  # type: ignore[misc]
    assert most == {"h0": 2, "h1": 2, "h2": 2}
    assert not +under_way


def test_what_waits_for_its_hosts_turn_is_taken_in_the_order_of_the_ranks() -> None:
    made: list[int] = []
    is_free = threading.Event()

    def call(rank: int) -> None:
        is_free.wait(10)
        made.append(rank)

    with WorkerPool(4, per_host=1) as workers:
        for rank in (5, 4, 1, 3, 2):
            workers.submit(rank, lambda rank=rank: call(rank), host="h")  # type: ignore[misc]
        is_free.set()
    assert made == [5, 1, 2, 3, 4]


def test_a_call_that_raises_gives_its_place_to_the_next() -> None:
    made: list[str] = []

    def fail() -> None:
        raise KeyError("a defect")

    try:
        with WorkerPool(4, per_host=1) as workers:
            workers.submit(0, fail, host="h")
            workers.submit(1, lambda: made.append("next"), host="h")
    except KeyError:
        made.append("raised")
    assert made == ["next", "raised"]
