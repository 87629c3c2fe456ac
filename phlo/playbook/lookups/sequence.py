"""`with_sequence`: numbers as texts. Source: Ansible's documentation of the lookup."""

from __future__ import annotations

import re
import shlex
from typing import Any

from phlo.playbook.lookups.around import Around

_SHORT = re.compile(r"(?:(0x[0-9a-f]+|\d+)-)?(0x[0-9a-f]+|\d+)(?:/(-?(?:0x[0-9a-f]+|\d+)))?(?::(.+))?", re.IGNORECASE)


def sequence(
    around: Around,
    terms: list[Any],
    start: Any = 1,
    end: Any = None,
    count: Any = None,
    stride: Any = 1,
    format: str = "%d",  # noqa: A002  Ansible's word
) -> list[Any]:
    """`start=1 end=5 stride=2 format=n%02d`, `count=3`, or in short `1-5/2:n%02d`."""
    given = {"start": start, "end": end, "count": count, "stride": stride, "format": format}
    return [text for term in terms or [""] for text in _one({**given, **_parsed(str(term))})]


def _parsed(term: str) -> dict[str, Any]:
    if short := _SHORT.fullmatch(term.strip()):
        names = ("start", "end", "stride", "format")
        return {name: value for name, value in zip(names, short.groups(), strict=True) if value is not None}
    found = {}
    for word in shlex.split(term):
        name, equals, value = word.partition("=")
        if not equals or name not in ("start", "end", "count", "stride", "format"):
            raise ValueError(f'sequence: "{word}" is neither start, end, count, stride nor format')
        found[name] = value
    return found


def _one(given: dict[str, Any]) -> list[str]:
    start, stride = _number(given["start"]), _number(given["stride"])
    if given["count"] is not None and given["end"] is not None:
        raise ValueError("sequence: count and end exclude each other")
    if given["count"] is not None:
        count = _number(given["count"])
        return [_formatted(given["format"], start + index * stride) for index in range(count)]
    if given["end"] is None:
        raise ValueError("sequence: needs count or end")
    end = _number(given["end"])
    if stride == 0:
        return []
    if (stride > 0) is (end < start) and end != start:
        raise ValueError("sequence: the stride leads away from the end")
    numbers = range(start, end + (1 if stride > 0 else -1), stride)
    return [_formatted(given["format"], number) for number in numbers]


def _number(value: Any) -> int:
    return int(str(value), 0) if str(value).lower().startswith("0x") else int(value)


def _formatted(form: str, number: int) -> str:
    return form % number
