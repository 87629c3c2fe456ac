"""One service in Compose-specification syntax, from the places that describe it to a checked value.

    parse_parts(parts, lookup=...) -> Parsed(service: ComposeService, merged: Merged)

Each `Part` is interpolated, read into typed fragments with its paths absolute, and merged over the parts below it by
what an entry is about (path in the container, port, name). `attributes.py` is the table of all attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phlo.compose.model import ComposeService
    from phlo.compose.parse import parse_parts, parse_service
    from phlo.compose.part import Part

__all__ = ["ComposeService", "Part", "parse_parts", "parse_service"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for: a run that finds nothing to do may need none.
    if name in ("parse_parts", "parse_service"):
        from phlo.compose import parse

        return getattr(parse, name)
    if name == "ComposeService":
        from phlo.compose.model import ComposeService

        return ComposeService
    if name == "Part":
        from phlo.compose.part import Part

        return Part
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
