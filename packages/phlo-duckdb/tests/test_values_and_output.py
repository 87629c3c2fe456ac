"""Values as JSON has them, and answers as `duckdb-query` prints them. The rest is tested on a running server."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from phlo_duckdb_app.query import comma_separated, objects, table
from phlo_duckdb_app.values import MOST_ANSWER_BYTES, plain, rows_of


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (2**70, 2**70),
        (1.5, 1.5),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (Decimal("1.50"), "1.50"),
        (datetime.date(2026, 3, 1), "2026-03-01"),
        (datetime.datetime(2026, 3, 1, 12, 30, tzinfo=datetime.UTC), "2026-03-01T12:30:00+00:00"),
        (datetime.timedelta(days=1, hours=2), "1 day, 2:00:00"),
        (b"\x00\xff", "AP8="),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({"a": [Decimal("1.0"), {"b": None}]}, {"a": ["1.0", {"b": None}]}),
        ((1, b"a"), [1, "YQ=="]),
    ],
)
def test_a_value_becomes_one_of_json(value: Any, expected: Any) -> None:
    assert plain(value) == expected


def test_a_table_has_numbers_to_the_right_and_counts_its_rows() -> None:
    assert table(["word", "n"], [["a", 1], [None, 20], ["long", None]]) == (
        "word |  n\n-----+---\na    |  1\n     | 20\nlong |\n(3 rows)\n"
    )


def test_a_table_without_rows_shows_its_columns() -> None:
    assert table(["n"], []) == "n\n-\n(0 rows)\n"


def test_csv_quotes_what_needs_it() -> None:
    assert comma_separated(["a", "b"], [['x,"y"', [1, 2]], [None, 3]]) == 'a,b\n"x,""y""","[1, 2]"\n,3\n'


def test_json_is_a_list_of_objects() -> None:
    assert objects(["a", "b"], [[1, "é"]]) == '[\n  {\n    "a": 1,\n    "b": "é"\n  }\n]\n'


def fetching(rows: int, value: str) -> Any:
    left = [rows]

    def fetch(most: int) -> list[tuple[str]]:
        count = min(most, left[0])
        left[0] -= count
        return [(value,)] * count

    return fetch


@pytest.mark.parametrize(
    ("there", "most", "given", "truncated"), [(0, 5, 0, False), (5, 5, 5, False), (6, 5, 5, True), (500, 0, 0, True)]
)
def test_an_answer_has_at_most_the_rows_that_were_asked_for(there: int, most: int, given: int, truncated: bool) -> None:
    rows, is_truncated = rows_of(fetching(there, "x"), most)
    assert (len(rows), is_truncated) == (given, truncated)


def test_an_answer_of_large_values_is_cut_by_its_size() -> None:
    rows, is_truncated = rows_of(fetching(100_000, "x" * 1_000_000), 100_000)
    assert is_truncated
    assert len(rows) == MOST_ANSWER_BYTES // 1_000_000
