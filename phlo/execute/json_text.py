"""Any value as one line of JSON, for people who want to see what a step was given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from typing import Any

MOST_CHARACTERS = 4000


def json_text(value: Any) -> str:
    """A value as JSON: secrets masked, empty values left out of objects, a long text shortened."""
    text = json.dumps(_plain(value), ensure_ascii=False, default=str)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {str(name): _item(name, item) for name, item in value.items() if not _is_empty(item)}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, (list, tuple, Set)):
        return [_plain(item) for item in value]
    if fields := getattr(type(value), "__dataclass_fields__", None):
        named = {name: getattr(value, name) for name, field in fields.items() if _is_shown(field)}
        return {name: _plain(item) for name, item in named.items() if not (_is_empty(item) or callable(item))}
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return str(value)


def _item(name: Any, item: Any) -> Any:
    """An entry of an object; of a container's environment only the names: the values may be anybody's secrets."""
    if name == "Env" and isinstance(item, list):
        return [str(one).partition("=")[0] for one in item]
    return _plain(item)


def _is_shown(field: Any) -> bool:
    """Whether a field is neither private nor filled in by phlo."""
    return bool(field.repr) and "injected" not in field.metadata


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, Mapping, list, tuple, Set)) and not value)
