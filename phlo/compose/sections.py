"""Entries of `networks`, `volumes`, `configs` and `secrets`, as written, with where they are from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from phlo.compose.scope import Origin
from phlo.frozen import dataclass, replace
from phlo.yaml_source import OVERRIDE, RESET, Keys, YamlDocument

SECTIONS = ("networks", "volumes", "configs", "secrets")
_PAIRS = ("labels", "driver_opts")
# Lists that a later file replaces.
_REPLACED: tuple[Keys, ...] = (("ipam", "config"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One entry.

    value:     as written, not interpolated; without what `!reset` takes away.
    documents: the file that it is from, and the files merged over it, last first; keys: where it is in each.
    origins:   keys of each value inside -> the origin of the file that gives it; () is that of the last file.
    """

    value: Any
    documents: tuple[YamlDocument, ...]
    keys: Keys
    origins: Mapping[Keys, Origin]
    tags: Mapping[Keys, str]

    @classmethod
    def of(cls, document: YamlDocument, section: str, name: str, value: Any, *, origin: Origin) -> Described:
        keys: Keys = (section, name)
        tags = {found[2:]: tag for found, tag in document.tags.items() if found[:2] == keys}
        plain = _plain(section, name, value)
        origins = {(): origin, **dict.fromkeys(_keys_in(plain), origin)}
        return cls(value=plain, documents=(document,), keys=keys, origins=origins, tags=tags)

    def origin(self, *inside: str | int) -> Origin:
        """The origin of a value of the entry."""
        return self.origins.get(inside, self.origins[()])

    def map(self, change: Callable[[Any, Keys, Origin], Any]) -> Any:
        """A copy of the value in which `change(value, keys, origin)` replaces every value that is not a mapping."""

        def mapped(value: Any, keys: Keys) -> Any:
            if isinstance(value, Mapping):
                return {key: mapped(item, (*keys, key)) for key, item in value.items()}
            return change(value, keys, self.origin(*keys))

        return mapped(self.value, ())

    def is_like(self, other: Described) -> bool:
        """Whether another entry means the same: as it is written, from the same folder and with the same variables."""
        meanings = [{keys: origin.meaning for keys, origin in one.origins.items()} for one in (self, other)]
        return self.value == other.value and (meanings[0] == meanings[1] or _is_plain(self))

    def where(self, *inside: str | int) -> str:
        """The position of a value of the entry, in the last file that has it."""
        keys = (*self.keys, *inside)
        document = next((one for one in self.documents if keys in one.marks), self.documents[0])
        return document.where(*keys)


def merged_entry(base: Described, over: Described) -> Described:
    """An entry with another file's entry of the same name merged over it."""
    value = _merged(base.value, over.value, (), over.tags)
    documents = (*over.documents, *base.documents)
    return replace(over, value=value, documents=documents, origins={**base.origins, **over.origins})


def with_absolute_device(value: Any, root: Path) -> Any:
    """An interpolated volume with the folder that it binds absolute. root: what the folder's path starts at."""
    if not isinstance(value, Mapping):
        return value
    options = value.get("driver_opts")
    if isinstance(options, Mapping) and "bind" in str(options.get("o", "")).split(","):
        return {**value, "driver_opts": {**options, "device": _absolute(str(options.get("device", "")), root)}}
    return value


def _keys_in(value: Any, keys: Keys = ()) -> Iterator[Keys]:
    """The keys of every value inside that is not a mapping."""
    if not isinstance(value, Mapping):
        yield keys
        return
    for key, item in value.items():
        yield from _keys_in(item, (*keys, key))


def _is_plain(entry: Described) -> bool:
    """Whether an entry means the same in any folder and with any variables."""
    paths = {("file",), ("driver_opts", "device")}
    return not paths & set(entry.origins) and "$" not in str(entry.value)


def _absolute(path: str, root: Path) -> str:
    return os.path.normpath(root / os.path.expanduser(path))


def _plain(section: str, name: str, value: Any) -> Any:
    """The entry in its present form: pairs are mappings, and `external: {name: x}` has its name beside it."""
    if not isinstance(value, Mapping):
        return value
    found = dict(value)
    for key in _PAIRS:
        if isinstance(found.get(key), list):
            found[key] = dict(str(item).partition("=")[::2] for item in found[key])
    if isinstance(found.get("external"), Mapping):  # of Compose files before 3.5
        found["name"] = found["external"].get("name", found.get("name", name))
        found["external"] = True
    return found


def _merged(base: Any, over: Any, keys: Keys, tags: Mapping[Keys, str]) -> Any:
    tag = tags.get(keys)
    if tag == RESET:
        return None
    if tag == OVERRIDE or over is None:
        return over if tag else base
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        found = dict(base)
        for key, item in over.items():
            found[key] = _merged(found.get(key), item, (*keys, key), tags)
            if tags.get((*keys, key)) == RESET:
                del found[key]
        return found
    if isinstance(base, list) and isinstance(over, list) and keys not in _REPLACED:
        return [*base, *(item for item in over if item not in base)]
    return over
