"""DuckDB's values as JSON has them."""

from __future__ import annotations

import base64
import datetime
import math
from collections.abc import Callable, Sequence
from typing import Any

MOST_ANSWER_BYTES = 64_000_000
_AT_ONCE = 100


def rows_of(fetch: Callable[[int], Sequence[Sequence[Any]]], max_rows: int) -> tuple[list[list[Any]], bool]:
    """The rows of an answer as JSON has them, and whether there were more.

    fetch: gives the next rows, at most so many. More than MOST_ANSWER_BYTES are not kept, whatever max_rows is.
    """
    rows: list[list[Any]] = []
    size = 0
    while found := fetch(min(_AT_ONCE, max_rows + 1 - len(rows))):
        for row in found:
            values = [plain(value) for value in row]
            size += sum(map(_size, values))
            if len(rows) == max_rows or size > MOST_ANSWER_BYTES:
                return rows, True
            rows.append(values)
    return rows, False


def _size(value: Any) -> int:
    """About how many bytes a value takes."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(name) + _size(inner) for name, inner in value.items())
    return sum(map(_size, value)) if isinstance(value, list) else 8


def plain(value: Any) -> Any:
    """A value of JSON.

    What JSON has no kind for becomes text: decimals lose no digit, dates are ISO 8601's, bytes base64.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return str(value)
