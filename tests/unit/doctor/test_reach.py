from __future__ import annotations

import pytest

from phlo.doctor.reach import _ahead, _swarm


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("1970-01-01T00:01:40.500000000Z", 0.5),
        ("1970-01-01T00:01:38.25Z", -1.75),
        ("1970-01-01T01:01:40+01:00", 0.0),
        ("", None),
        ("soon", None),
    ],
)
def test_a_clock_is_compared_to_a_fraction_of_a_second(told: str, expected: float | None) -> None:
    assert _ahead(told, 100.0) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, "inactive"),
        ({"LocalNodeState": "inactive"}, "inactive"),
        ({"LocalNodeState": "active", "ControlAvailable": True}, "manager"),
        ({"LocalNodeState": "active", "ControlAvailable": False}, "worker"),
        ({"LocalNodeState": "locked"}, "locked"),
    ],
)
def test_a_swarm_says_what_the_host_is_in_it(told: dict[str, object], expected: str) -> None:
    assert _swarm(told) == expected
