"""Filters for numbers and sizes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

UNITS = "BKMGTPEZY"


def human_readable(size: Any, isbits: bool = False, unit: str | None = None) -> str:
    """`1536 | human_readable` is `1.50 KB`."""
    number = float(size)
    fits = (index for index in reversed(range(len(UNITS))) if number >= 1024**index)
    power = UNITS.index(unit[0].upper()) if unit else next(fits, 0)
    suffix = ("bits" if isbits else "Bytes") if power == 0 else f"{UNITS[power]}{'b' if isbits else 'B'}"
    return f"{number / 1024**power:.2f} {suffix}"


def human_to_bytes(text: Any, default_unit: str | None = None, isbits: bool = False) -> int:
    """`'1.5G' | human_to_bytes`; raises ValueError unless it is a size. isbits: the unit ends with b, as in `10Mb`."""
    ending = "b(?:its?)?" if isbits else "i?[bB](?:ytes?)?"
    found = re.fullmatch(rf"\s*([\d.]+)\s*([a-zA-Z]?)(?:{ending})?\s*", str(text))
    if found is None:
        raise ValueError(f'human_to_bytes: "{text}" is not a size such as 10M')
    unit = (found[2] or default_unit or "B")[0].upper()
    if unit not in UNITS:
        raise ValueError(f'human_to_bytes: "{unit}" is not a unit, but one of {", ".join(UNITS)}')
    return round(float(found[1]) * float(1024 ** UNITS.index(unit)))


def logarithm(value: Any, base: float = math.e) -> float:
    return math.log10(value) if base == 10 else math.log(value, base)


def root(value: Any, base: float = 2) -> float:
    return math.sqrt(value) if base == 2 else math.pow(value, 1.0 / float(base))


NUMBER_FILTERS: Mapping[str, Callable[..., Any]] = {
    "human_readable": human_readable,
    "human_to_bytes": human_to_bytes,
    "log": logarithm,
    "pow": lambda value, exponent: math.pow(value, exponent),
    "root": root,
}
