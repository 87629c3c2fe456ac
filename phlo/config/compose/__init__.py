"""One service in Compose-specification syntax, checked and normalized.

    parse_service(raw, where=..., root=...) -> ComposeService

`attributes.py` says of every attribute whether it is honoured, warned about or refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from phlo.config.compose.model import ComposeService
    from phlo.config.compose.parse import parse_service

__all__ = ["ComposeService", "parse_service"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for: a run that finds nothing to do may need neither.
    if name == "parse_service":
        from phlo.config.compose.parse import parse_service

        return parse_service
    if name == "ComposeService":
        from phlo.config.compose.model import ComposeService

        return ComposeService
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
