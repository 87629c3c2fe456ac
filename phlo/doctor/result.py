"""The result of a check, and its JSON form."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from phlo.frozen import dataclass, replace


class CheckStatus(enum.StrEnum):
    """ok: as it should be. info: worth knowing. warn: will hinder some projects. fail: phlo cannot work like this."""

    OK = "ok"
    INFO = "info"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check found.

    fix:  what to do about it; empty when there is nothing to do.
    data: the same as values, for JSON; None: the text says it all.
    """

    name: str
    status: CheckStatus
    text: str
    fix: str = ""
    data: Any = None


def to_json(results: Iterable[CheckResult]) -> list[dict[str, Any]]:
    """The results as `phlo doctor --json` prints them."""
    return [
        {
            "name": result.name,
            "status": str(result.status),
            "text": result.text,
            "fix": result.fix,
            **({} if result.data is None else {"data": result.data}),
        }
        for result in results
    ]


def masked(result: CheckResult, mask: Callable[[str], str]) -> CheckResult:
    """The same without secrets."""
    return replace(result, text=mask(result.text), fix=mask(result.fix), data=_masked(result.data, mask))


def _masked(data: Any, mask: Callable[[str], str]) -> Any:
    if isinstance(data, str):
        return mask(data)
    if isinstance(data, Mapping):
        return {name: _masked(value, mask) for name, value in data.items()}
    return [_masked(value, mask) for value in data] if isinstance(data, list | tuple) else data


def worst(results: Iterable[CheckResult]) -> CheckStatus:
    """The gravest status of all."""
    gravity = list(CheckStatus)
    return max((result.status for result in results), key=gravity.index, default=CheckStatus.OK)
