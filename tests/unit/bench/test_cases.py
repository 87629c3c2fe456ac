from __future__ import annotations

import pytest

from tests.bench.cases import CASES, GROUPS, select, workloads


def test_no_two_cases_share_a_key_or_a_title() -> None:
    assert len({case.key for case in CASES}) == len({case.title for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("groups", "largest", "keys"),
    [
        (["noop"], 25, ["noop-5", "noop-10", "noop-25"]),
        (["noop", "help"], 10, ["noop-5", "noop-10", "help"]),
        (["chain"], 25, ["noop-chain-5", "cold-chain-5"]),
        (["change", "down"], 5, ["change-5", "down-5"]),
        (["cold", "change"], 10, ["cold-5", "cold-10", "change-10"]),
        (["noop"], 3, []),
    ],
)
def test_cases_are_chosen_by_group_and_size(groups: list[str], largest: int, keys: list[str]) -> None:
    assert [case.key for case in select(groups, largest=largest)] == keys


def test_every_group_together_is_every_case() -> None:
    assert select(GROUPS, largest=25) == CASES


def test_each_workload_is_needed_once_and_help_needs_none() -> None:
    cases = select(["noop", "cold", "chain", "help"], largest=10)

    assert workloads(cases) == [(5, False), (5, True), (10, False)]
