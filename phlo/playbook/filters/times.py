"""Filters for times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any


def to_datetime(text: str, form: str = "%Y-%m-%d %H:%M:%S") -> datetime:
    """A time without a zone."""
    return datetime.strptime(text, form)


def strftime(form: str, seconds: float | None = None, utc: bool = False) -> str:
    """A time as text; the current one without `seconds`. In the zone of the control machine, or in UTC."""
    moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(float(seconds), UTC)
    return (moment if utc else moment.astimezone()).strftime(form)


TIME_FILTERS: Mapping[str, Callable[..., Any]] = {"to_datetime": to_datetime, "strftime": strftime}
