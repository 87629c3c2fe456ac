"""examples/two-at-once: a run that was killed is no obstacle. What its page shows is run by test_pages.py."""

from __future__ import annotations

import time

from tests.e2e.conftest import Example

EXAMPLE = "two-at-once"


def until_at_work(example: Example) -> None:
    """Until somebody holds the deploy lock."""
    deadline = time.monotonic() + 60
    while "held by" not in (status := example.phlo("deploy-lock", "status")):
        assert time.monotonic() < deadline, f"nobody holds the deploy lock: {status}"


def test_the_next_run_takes_over_from_one_that_was_killed(example: Example) -> None:
    first = example.start("up")
    until_at_work(example)
    first.kill()
    assert "took over the deploy lock" in example.phlo("up")
