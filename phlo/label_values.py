"""The values of labels that hold JSON. Anybody with access to the engine can set a label, so the form is checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.bounded import parse_json


def label_texts(labels: Mapping[str, str] | None, name: str) -> tuple[str, ...]:
    """The texts of a label that holds a list; none when there is no such label, or it holds anything else."""
    found = _value(labels, name)
    return tuple(found) if isinstance(found, list) and all(isinstance(one, str) for one in found) else ()


def label_mapping(labels: Mapping[str, str] | None, name: str) -> dict[str, str]:
    """The names and texts of a label that holds a mapping; none when it holds anything else."""
    found = _value(labels, name)
    return found if isinstance(found, dict) and all(isinstance(one, str) for one in found.values()) else {}


def _value(labels: Mapping[str, str] | None, name: str) -> Any:
    try:
        return parse_json((labels or {}).get(name) or "null")
    except (ValueError, TypeError):
        return None
