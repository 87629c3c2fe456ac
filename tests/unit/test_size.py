"""Sizes have three digits at most, and their unit."""

import pytest

from phlo.size import size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9949, "9.9 kB"),
        (9950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (5e15, "5000 TB"),
    ],
)
def test_size_text(size: float, text: str) -> None:
    assert size_text(size) == text
