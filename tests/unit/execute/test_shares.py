"""How many calls of a host are under way at a time."""

from __future__ import annotations

import threading
from collections import Counter

from phlo.execute.shares import Shares
from phlo.execute.workers import Workers


def test_a_host_has_no_more_calls_under_way_than_its_share_and_others_go_ahead() -> None:
    guard, all_in, under_way, most = threading.Lock(), threading.Barrier(6), Counter[str](), Counter[str]()
    in_turn = threading.Lock()
    with Workers(16) as workers:
        shares = Shares(workers, 2)

        def call(host: str) -> None:
            with guard:
                under_way[host] += 1
                most[host] = max(most[host], under_way[host])
            all_in.wait(10)  # as many as three hosts may have under way together
            with guard:
                under_way[host] -= 1
            with in_turn:
                shares.ended(host)

        with in_turn:
            for rank in range(24):
                host = f"h{rank % 3}"
                shares.submit(host, rank, lambda host=host: call(host))  # type: ignore[misc]
    assert most == {"h0": 2, "h1": 2, "h2": 2}
    assert not +under_way


def test_what_waits_for_its_hosts_turn_is_taken_in_the_order_of_the_ranks() -> None:
    made: list[int] = []
    is_free = threading.Event()
    with Workers(4) as workers:
        shares = Shares(workers, 1)

        def call(rank: int) -> None:
            is_free.wait(10)
            made.append(rank)
            shares.ended("h")

        for rank in (5, 4, 1, 3, 2):
            shares.submit("h", rank, lambda rank=rank: call(rank))  # type: ignore[misc]
        is_free.set()
    assert made == [5, 1, 2, 3, 4]
