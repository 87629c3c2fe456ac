"""DuckDB's values as JSON has them."""

from __future__ import annotations

import base64
import datetime
import math
from typing import Any


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
