"""Further names of arguments: those that Ansible's modules have for the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PATH = {"dest": "path", "name": "path"}
# Operation -> another name of an argument -> its name here.
ALIASES: Mapping[str, Mapping[str, str]] = {
    "blockinfile": {**_PATH, "destfile": "path", "content": "block"},
    "file": _PATH,
    "lineinfile": {**_PATH, "destfile": "path", "value": "line", "regex": "regexp"},
    "slurp": {"path": "src"},
    "user": {"user": "name", "createhome": "create_home"},
    "stat": {**_PATH, "checksum_algo": "checksum_algorithm", "checksum": "checksum_algorithm"},
}


def renamed(operation: str, value: Any) -> Any:
    """Arguments under their own names; anything but a mapping as it is. An argument's own name wins."""
    names = ALIASES.get(operation)
    if names is None or not isinstance(value, Mapping):
        return value
    return {own: item for key, item in value.items() if (own := names.get(key, key)) == key or own not in value}
