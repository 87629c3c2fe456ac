"""What is not the same after an import, and how it is removed from the data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from phlo.errors import PhloError
from phlo.yaml_source import Keys


class Finding(NamedTuple):
    """Something that is not the same afterwards. where: file, line and name in the Compose files.

    is_lost: it is left out; False: it is written, and means something else, or was assumed.
    """

    where: str
    what: str
    is_lost: bool = True

    @property
    def order(self) -> tuple[str, int]:
        path, _, line = self.where.partition(" ")[0].rpartition(":")
        return (path, int(line)) if line.isdigit() else (self.where, 0)


def sentence(error: PhloError) -> str:
    """What is wrong and what to do, without a list of everything that is known."""
    has_fix = error.fix and not error.fix.startswith("Known:")
    return f"{error.what.rstrip('.')}. {error.fix}".rstrip(".") if has_fix else error.what.rstrip(".")


def remove_all(data: Any, many: Iterable[Keys]) -> bool:
    """Remove the values at `many`; False when there are none. Of a list the last first, so that indices stay right."""
    last_first = sorted(
        set(many), key=lambda keys: [(str(key), 0) if isinstance(key, str) else ("", key) for key in keys]
    )
    removed = [_remove(data, keys) for keys in reversed(last_first)]
    return any(removed)


def _remove(data: Any, keys: Keys) -> bool:
    """Remove the value at `keys`, or at the deepest of its parents that exists; False when there is none."""
    way: list[tuple[Any, str | int]] = []
    for key in keys:
        place = _place(data, key)
        if place is None:
            break
        way.append((data, place))
        data = data[place]
    if not way:
        return False
    holder, place = way[-1]
    del holder[place]
    return True


def _place(data: Any, key: str | int) -> str | int | None:
    """The key or index of `key`; a name in a list of `NAME=value` is that entry."""
    if isinstance(data, dict):
        return key if key in data else None
    if not isinstance(data, list):
        return None
    if isinstance(key, int):
        return key if key < len(data) else None
    return next((index for index, item in enumerate(data) if str(item).partition("=")[0] == key), None)
