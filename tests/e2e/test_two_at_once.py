"""examples/two-at-once: of two runs one waits for the other, or says who is at work."""

from __future__ import annotations

import time

from tests.e2e.conftest import Example
from tests.support.running import ended

EXAMPLE = "two-at-once"


def until_at_work(example: Example) -> None:
    """Until somebody holds the deploy lock."""
    deadline = time.monotonic() + 60
    while "held by" not in example.phlo("lock", "status"):
        assert time.monotonic() < deadline


def test_a_second_run_exits_with_6_naming_the_holder_or_waits_for_it(example: Example) -> None:
    first = example.start("up")
    until_at_work(example)
    assert f"(process {first.pid})" in example.phlo("up", code=6)

    second = example.phlo("up", "--lock-timeout", "60")

    assert "waiting for the deploy lock, held by" in second
    assert f"(process {first.pid})" in second
    assert "Nothing to do" in second
    ended(first)
    assert "free" in example.phlo("lock", "status")


def test_the_next_run_takes_over_from_one_that_was_killed(example: Example) -> None:
    first = example.start("up")
    until_at_work(example)
    first.kill()
    assert "took over the deploy lock" in example.phlo("up")
