from __future__ import annotations

import pytest

from tests.bench.measure import Sample
from tests.bench.summary import summarize


def samples(*seconds: float, peak_rss_kib: int = 1024) -> list[Sample]:
    return [Sample(seconds=value, peak_rss_kib=peak_rss_kib) for value in seconds]


@pytest.mark.parametrize(
    ("seconds", "median", "spread"),
    [
        ((2.0,), 2.0, 0.0),
        ((1.0, 3.0), 2.0, 1.0),
        ((0.1, 9.0, 0.2), 0.2, 44.5),
        ((4.0, 1.0, 2.0, 3.0), 2.5, 1.2),
    ],
)
def test_the_median_ignores_the_order_and_the_spread_spans_the_extremes(
    seconds: tuple[float, ...], median: float, spread: float
) -> None:
    summary = summarize(samples(*seconds))

    assert summary.median == pytest.approx(median)
    assert summary.spread == pytest.approx(spread)
    assert (summary.count, summary.minimum, summary.maximum) == (len(seconds), min(seconds), max(seconds))


def test_the_peak_memory_is_the_highest_of_all_samples() -> None:
    both = [*samples(1.0, peak_rss_kib=100), *samples(1.0, peak_rss_kib=300), *samples(1.0, peak_rss_kib=200)]

    assert summarize(both).peak_rss_kib == 300


def test_a_ratio_is_of_the_medians() -> None:
    slow, fast = summarize(samples(3.0, 100.0, 2.0)), summarize(samples(0.5, 1.5, 9.0))

    assert slow.ratio_to(fast) == pytest.approx(2.0)
