"""The registry: every offering of phlo, installed or not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from phlo.discovery.distributions import normalized
from phlo.discovery.folders import registry_folder
from phlo.errors import ConfigError, PackageError, did_you_mean
from phlo.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryEntry:
    """An offering of phlo.

    name:     the distribution's name.
    kind:     what it is; `service` is the only kind so far.
    services: the services it brings, the main one first.
    provides, requires: capabilities.
    default:  whether the extra `phlo[defaults]` installs it.
    version:  None as long as there is no package of it.
    status:   `planned` offerings cannot be installed yet.
    note:     what to know of it before it is chosen.
    """

    name: str
    kind: str
    services: tuple[str, ...]
    summary: str
    category: str
    provides: tuple[str, ...]
    requires: tuple[str, ...]
    default: bool
    profile: str | None
    version: str | None
    status: Literal["available", "planned"]
    note: str | None = None

    @property
    def is_available(self) -> bool:
        return self.status == "available"


def load_registry(folder: Path | None = None) -> tuple[RegistryEntry, ...]:
    """Every entry in alphabetical order. folder: what holds `plugins.json`, None: the registry phlo ships."""
    folder = folder or registry_folder()
    if folder is None:
        raise PackageError("phlo's registry is missing", fix="Install phlo again.")
    path = folder / "plugins.json"
    try:
        entries = [_entry(raw) for raw in json.loads(path.read_text(encoding="utf-8"))["plugins"]]
    except (OSError, ValueError, KeyError, TypeError) as reason:
        raise PackageError(f"cannot be read: {reason!r}", where=path, fix="Install phlo again.") from None
    return tuple(sorted(entries, key=lambda entry: entry.name))


def _entry(raw: Mapping[str, Any]) -> RegistryEntry:
    return RegistryEntry(
        name=raw["name"],
        kind=raw["type"],
        services=tuple(raw["services"]),
        summary=raw["summary"],
        category=raw["category"],
        provides=tuple(raw["provides"]),
        requires=tuple(raw["requires"]),
        default=raw["default"],
        profile=raw["profile"],
        version=raw["version"],
        status=raw["status"],
        note=raw.get("note"),
    )


def search_registry(
    query: str = "", *, kind: str | None = None, category: str | None = None, folder: Path | None = None
) -> tuple[RegistryEntry, ...]:
    """The entries that hold every word of `query` in any of their texts; those that have it in the name come first."""
    words = query.lower().split()
    found = [
        entry
        for entry in load_registry(folder)
        if kind in (None, entry.kind)
        and category in (None, entry.category)
        and all(word in _searched_text(entry) for word in words)
    ]
    return tuple(sorted(found, key=lambda entry: not any(word in entry.name for word in words)))


def _searched_text(entry: RegistryEntry) -> str:
    return " ".join((entry.name, entry.summary, entry.category, *entry.services, *entry.provides)).lower()


def registry_entry(name: str, *, folder: Path | None = None) -> RegistryEntry:
    """The entry called `name`, with or without `phlo-` before it; a ConfigError suggests the nearest."""
    entries = {entry.name: entry for entry in load_registry(folder)}
    wanted = normalized(name)
    found = entries.get(wanted) or entries.get(f"phlo-{wanted}")
    if found is None:
        raise ConfigError(f'the registry has no "{name}"', fix=did_you_mean(wanted, entries))
    return found
