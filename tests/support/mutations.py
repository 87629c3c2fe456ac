"""Damaged versions of data that phlo reads back, for tests of its readers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# What a file holds after a crash, a full disk, or when another program wrote it.
BROKEN_TEXTS = [
    b"",
    b"\n",
    b"{",
    b"[]",
    b"null",
    b"7",
    b'""',
    b"NaN",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"\x00" * 4096,
    b"\xff\xfe\x00",
    b'"\\ud800"',
]
OTHER_TYPES = (None, True, -1, 1e400, float("nan"), 10**400, "\x1b[2J", [], [[1]], {}, {"a": {}})


def without_a_key(value: Any) -> Iterator[Any]:
    """The value with each key of each mapping in it missing in turn."""
    if isinstance(value, dict):
        for key in value:
            yield {name: item for name, item in value.items() if name != key}
    yield from _inside(value, without_a_key)


def with_another_type(value: Any) -> Iterator[Any]:
    """The value with each part of it replaced in turn by something of another type."""
    if isinstance(value, (dict, list)):
        yield from _inside(value, with_another_type)
    yield from (other for other in OTHER_TYPES if type(other) is not type(value))


def _inside(value: Any, mutate: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ({**value, key: changed} for changed in mutate(item))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from ([*value[:index], changed, *value[index + 1 :]] for changed in mutate(item))
