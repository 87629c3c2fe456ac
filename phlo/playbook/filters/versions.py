"""Comparing versions: `x is version('1.2', '>=')`.

loose: numbers and words, part by part, as they are written. strict: two or three numbers, and a or b.
semver: https://semver.org, section 11. pep440: versions of Python packages, https://packaging.python.org.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "=": operator.eq, "eq": operator.eq,
    "!=": operator.ne, "<>": operator.ne, "ne": operator.ne,
    "<": operator.lt, "lt": operator.lt,
    "<=": operator.le, "le": operator.le,
    ">": operator.gt, "gt": operator.gt,
    ">=": operator.ge, "ge": operator.ge,
}  # fmt: skip
_SEMVER = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_LOOSE_SEMVER = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
_PEP440 = re.compile(
    r"v?(?:(\d+)!)?(\d+(?:\.\d+)*)"
    r"(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d+)?)?"
    r"(?:[-_.]?(post|rev|r)[-_.]?(\d+)?|-(\d+))?"
    r"(?:[-_.]?(dev)[-_.]?(\d+)?)?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?"
)
_STAGES = {"alpha": 0, "a": 0, "beta": 1, "b": 1, "preview": 2, "pre": 2, "c": 2, "rc": 2}
_STRICT = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?")


def version(
    value: Any, other: Any, operator: str = "eq", strict: bool | None = None, version_type: str | None = None
) -> bool:
    """Whether the versions compare so. Raises ValueError for a text that is not a version."""
    if operator not in _OPERATORS:
        raise ValueError(f'version: there is no comparison "{operator}"')
    kind = version_type or ("strict" if strict else "loose")
    if kind not in _KINDS:
        raise ValueError(f'version: there is no version_type "{kind}"; there are {", ".join(_KINDS)}')
    if not str(value) or not str(other):
        raise ValueError("version: an empty text is not a version")
    return _OPERATORS[operator](_KINDS[kind](str(value)), _KINDS[kind](str(other)))


def _loose(text: str) -> list[Any]:
    parts = [part for part in re.split(r"(\d+|[a-z]+|\.)", text) if part and part != "."]
    return [int(part) if part.isdigit() else part for part in parts]


def _strict(text: str) -> tuple[Any, ...]:
    found = _STRICT.fullmatch(text)
    if found is None:
        raise ValueError(f'version: "{text}" is not a strict version')
    major, minor, patch, letter, number = found.groups()
    return (int(major), int(minor), int(patch or 0), letter or "z", int(number or 0))


def _semver(text: str) -> tuple[Any, ...]:
    found = _SEMVER.fullmatch(text) or _LOOSE_SEMVER.fullmatch(text)
    if found is None:
        raise ValueError(f'version: "{text}" is not a semantic version')
    *numbers, pre = found.groups()
    parts = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in (pre or "").split(".") if part]
    return (*(int(number or 0) for number in numbers), pre is None, parts)


def _pep440(text: str) -> tuple[Any, ...]:
    """The key that versions of Python packages are sorted by: dev < a < b < rc < final < post."""
    found = _PEP440.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f'version: "{text}" is no version of a Python package')
    epoch, release, stage, stage_number, post, post_number, implicit, dev, dev_number, local = found.groups()
    numbers = [int(part) for part in release.split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    is_post = post is not None or implicit is not None
    if stage is not None:
        before = (_STAGES[stage], int(stage_number or 0))
    else:
        before = (-1, 0) if dev is not None and not is_post else (len(_STAGES), 0)
    after = int(post_number or implicit or 0) if is_post else -1
    unfinished = float(dev_number or 0) if dev is not None else math.inf
    parts = [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"[-_.]", local or "") if part]
    return int(epoch or 0), numbers, before, after, unfinished, parts


_KINDS: Mapping[str, Callable[[str], Any]] = {
    "loose": _loose,
    "strict": _strict,
    "semver": _semver,
    "semantic": _semver,
    "pep440": _pep440,
}
