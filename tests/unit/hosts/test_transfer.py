"""How far a transfer is, by a clock that the test moves."""

from __future__ import annotations

from phlo.hosts.transfer import Transfer

MB = 1_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def reports(steps: list[tuple[float, int, int | None]]) -> list[str]:
    """What is reported at (seconds, bytes done, bytes in all)."""
    lines: list[str] = []
    clock = Clock()
    transfer = Transfer("pulling web:1", lines.append, clock=clock)
    transfer.at(0)
    for seconds, done, total in steps:
        clock.now = 100.0 + seconds
        transfer.at(done, total)
    return lines


def test_bytes_their_total_and_the_rate_are_reported() -> None:
    assert reports([(2, 24 * MB, 120 * MB)]) == ["pulling web:1: 24 MB of 120 MB, 12 MB/s"]


def test_a_total_that_is_not_known_is_left_out() -> None:
    assert reports([(4, 2 * MB, None)]) == ["pulling web:1: 2.0 MB, 500 kB/s"]


def test_it_is_reported_twice_a_second_at_most() -> None:
    steps: list[tuple[float, int, int | None]] = [(tenth / 10, tenth * MB, None) for tenth in range(1, 21)]
    assert len(reports(steps)) == 4


def test_nothing_is_reported_while_nothing_comes() -> None:
    assert len(reports([(1, MB, None), (2, MB, None), (9, MB, None)])) == 1
