"""An error as a person reads it."""

from __future__ import annotations

from typing import Any

from phlo.errors import PhloError
from phlo.report.style import Style


def error_text(error: PhloError, style: Style) -> str:
    """The error and those found with it: one line each, with their details indented below."""
    lines: list[str] = []
    for one in error.each():
        where = style(f"{one.where}: ", "bold") if one.where else ""
        what = one.what.rstrip(".") + "."
        lines.append(" ".join(part for part in (style.sign("✗"), where + what, style(one.fix, "cyan")) if part))
        lines += [style(f"    {line}".rstrip(), "dim") for line in one.detail]
    return "\n".join(lines)


def error_data(error: PhloError) -> list[dict[str, Any]]:
    """The error and those found with it, for JSON."""
    return [
        {"kind": type(one).__name__, "where": one.where, "what": one.what, "fix": one.fix, "detail": list(one.detail)}
        for one in error.each()
    ]
