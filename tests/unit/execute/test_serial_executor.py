"""Things that several threads hand over."""

from __future__ import annotations

import threading

from phlo.execute.worker_pool import SerialExecutor


def test_things_are_dealt_with_in_the_order_they_come() -> None:
    dealt_with: list[int] = []
    hand_over = SerialExecutor(dealt_with.append)
    for number in range(5):
        hand_over(number)
    assert dealt_with == [0, 1, 2, 3, 4]


def test_what_comes_while_a_thread_is_at_it_is_left_to_that_one_without_waiting() -> None:
    dealt_with: list[tuple[str, int]] = []
    is_at_it, may_go_on = threading.Event(), threading.Event()

    def deal_with(name: str) -> None:
        if name == "first":
            is_at_it.set()
            may_go_on.wait(10)
        dealt_with.append((name, threading.get_ident()))

    hand_over = SerialExecutor(deal_with)
    slow = threading.Thread(target=hand_over, args=("first",))
    slow.start()
    assert is_at_it.wait(10)
    hand_over("second")
    assert dealt_with == []
    may_go_on.set()
    slow.join(10)
    assert dealt_with == [("first", slow.ident), ("second", slow.ident)]


def test_what_is_handed_over_while_dealing_with_a_thing_comes_after_it() -> None:
    dealt_with: list[int] = []

    def deal_with(number: int) -> None:
        if number:
            hand_over(number - 1)
        dealt_with.append(number)

    hand_over = SerialExecutor(deal_with)
    hand_over(3)
    assert dealt_with == [3, 2, 1, 0]


def test_nothing_is_lost_or_dealt_with_twice_when_many_hand_over_at_once() -> None:
    under_way, most, found = 0, 0, list[int]()

    def deal_with(number: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        found.append(number)
        under_way -= 1

    hand_over = SerialExecutor(deal_with)
    threads = [
        threading.Thread(target=lambda first=first: [hand_over(first + number) for number in range(500)])
        for first in range(0, 4000, 500)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(4000))
    assert most == 1


def test_an_error_reaches_whoever_is_at_it_and_the_rest_is_dealt_with_by_the_next() -> None:
    dealt_with: list[str] = []

    def deal_with(name: str) -> None:
        if name == "bad":
            raise ValueError(name)
        dealt_with.append(name)

    hand_over = SerialExecutor(deal_with)
    try:
        hand_over("bad")
    except ValueError as error:
        dealt_with.append(f"raised {error}")
    hand_over("good")
    assert dealt_with == ["raised bad", "good"]
