"""The result of a check, and its JSON form."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from phlo.frozen import dataclass


class CheckStatus(enum.StrEnum):
    """ok: as it should be. info: worth knowing. warn: will hinder some projects. fail: phlo cannot work like this."""

    OK = "ok"
    INFO = "info"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check found. fix: what to do about it; empty when there is nothing to do."""

    name: str
    status: CheckStatus
    text: str
    fix: str = ""


def to_json(results: Iterable[CheckResult]) -> list[dict[str, str]]:
    """The results as `phlo doctor --json` prints them."""
    return [
        {"name": result.name, "status": str(result.status), "text": result.text, "fix": result.fix}
        for result in results
    ]


def worst(results: Iterable[CheckResult]) -> CheckStatus:
    """The gravest status of all."""
    gravity = list(CheckStatus)
    return max((result.status for result in results), key=gravity.index, default=CheckStatus.OK)
