"""Which assets a text selects: keys and groups, separated by commas; `+key` with all before it, `key+` all after it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ALL = ("", "*", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """key: its path with slashes. before, after: keys of its neighbours, some of which may not be materializable."""

    key: str
    group: str
    is_partitioned: bool
    before: tuple[str, ...]
    after: tuple[str, ...]


def select(text: str, assets: Iterable[Asset]) -> list[Asset]:
    """The selected assets, by key. Raises ValueError for a key or group that is not there."""
    known = {asset.key: asset for asset in assets}
    if not known:
        raise ValueError("there is no asset that can be materialized. Define one in workflows/.")
    if text.strip() in ALL:
        return [known[key] for key in sorted(known)]
    found: set[str] = set()
    for term in filter(None, (part.strip() for part in text.split(","))):
        found |= _term(term, known)
    return [known[key] for key in sorted(found)]


def _term(term: str, known: Mapping[str, Asset]) -> set[str]:
    name = term.strip("+")
    if name.startswith("group:"):
        group = name.removeprefix("group:")
        found = {asset.key for asset in known.values() if asset.group == group}
        groups = {asset.group for asset in known.values()}
        if not found:
            raise ValueError(f'there is no group "{group}". {_hint(group, groups)}')
    elif name in known:
        found = {name}
    else:
        raise ValueError(f'there is no asset "{name}" that can be materialized. {_hint(name, known)}')
    selected = set(found)
    if term.startswith("+"):
        selected |= _reached(found, {key: asset.before for key, asset in known.items()})
    if term.endswith("+"):
        selected |= _reached(found, {key: asset.after for key, asset in known.items()})
    return selected


def _reached(start: set[str], neighbours: Mapping[str, tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        for key in neighbours[waiting.pop()]:
            if key in neighbours and key not in found:
                found.add(key)
                waiting.append(key)
    return found


def _hint(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known := sorted(known), n=1)
    return f'Did you mean "{near[0]}"?' if near else f"There are: {', '.join(known)}."
