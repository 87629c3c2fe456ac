from __future__ import annotations

import pytest

from tests.bench.stream_clients import Heard

WHOLE = [1, 2, 3]


@pytest.mark.parametrize(
    ("of_run", "of_logs", "missed"),
    [
        ([WHOLE, WHOLE], [[7, 8], [8, 9, 10]], 0),
        ([WHOLE, [1, 2]], [[7, 8]], 1),
        ([[1, 3, 2]], [[7, 8]], 1),
        ([WHOLE], [[7, 9]], 1),
        ([WHOLE], [[7, 7, 8]], 1),
        ([WHOLE, []], [[], [7]], 2),
    ],
)
def test_who_lacks_something_or_got_it_twice_has_missed_something(
    of_run: list[list[int]], of_logs: list[list[int]], missed: int
) -> None:
    assert Heard(events=3, of_run=of_run, of_logs=of_logs).missed == missed
