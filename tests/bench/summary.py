"""What many samples of one command come down to."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.measure import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Median, extremes (seconds) and the highest peak memory (KiB) of `count` samples.

    processor_seconds: the median of the time on a processor.
    """

    count: int
    median: float
    minimum: float
    maximum: float
    peak_rss_kib: int
    processor_seconds: float = 0.0

    @property
    def spread(self) -> float:
        """From the fastest to the slowest sample, as a share of the median."""
        return (self.maximum - self.minimum) / self.median

    def ratio_to(self, base: Summary) -> float:
        """How many times as long as `base` this takes, by the medians."""
        return self.median / base.median


def summarize(samples: Sequence[Sample]) -> Summary:
    """`samples` must not be empty."""
    seconds = [sample.seconds for sample in samples]
    return Summary(
        count=len(seconds),
        median=statistics.median(seconds),
        minimum=min(seconds),
        maximum=max(seconds),
        peak_rss_kib=max(sample.peak_rss_kib for sample in samples),
        processor_seconds=statistics.median(sample.processor_seconds for sample in samples),
    )
