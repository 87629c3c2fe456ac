"""Names of runs sort in the order of the runs."""

from __future__ import annotations

import pytest

from phlo.cli.run_id import new_run_id

NOON = 1769860800.25  # 2026-01-31 12:00:00.25 UTC


def test_it_is_the_time_in_utc() -> None:
    assert new_run_id(now=NOON) == "20260131-120000-250000"


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        ("20260131-115959-999999", "20260131-120000-250000"),
        ("20260131-120000-250000", "20260131-120000-250001"),
        ("20260131-130000-000000", "20260131-130000-000001"),
        ("20260131-235959-999999", "20260201-000000-000000"),
    ],
)
def test_it_sorts_after_the_newest_run_also_when_the_clock_was_set_back(newest: str, expected: str) -> None:
    assert new_run_id(["20250101-000000-000000", newest], now=NOON) == expected


def test_a_name_of_another_form_is_no_run() -> None:
    assert new_run_id(["zzz", "99999999-999999-999999"], now=NOON) == "20260131-120000-250000"
