"""The registry: every offering of phlo, installed or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from phlo.bounded import parse_json, read_file
from phlo.discovery.distributions import normalized
from phlo.discovery.folders import registry_folder
from phlo.errors import ConfigError, PackageError, did_you_mean, nearest
from phlo.frozen import dataclass

if TYPE_CHECKING:
    from phlo.discovery.definition import ServiceDefinition

T = TypeVar("T")


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
        entries = [_entry(raw) for raw in _items(parse_json(read_file(path))["plugins"], dict)]
    except (OSError, ValueError, LookupError, TypeError) as reason:
        raise PackageError(f"cannot be read: {reason!r}", where=path, fix="Install phlo again.") from None
    return tuple(sorted(entries, key=lambda entry: entry.name))


def _entry(raw: Mapping[str, Any]) -> RegistryEntry:
    if raw["status"] not in ("available", "planned"):
        raise ValueError("status should be available or planned")
    return RegistryEntry(
        name=_value(raw["name"], str),
        kind=_value(raw["type"], str),
        services=_items(raw["services"], str),
        summary=_value(raw["summary"], str),
        category=_value(raw["category"], str),
        provides=_items(raw["provides"], str),
        requires=_items(raw["requires"], str),
        default=_value(raw["default"], bool),
        profile=None if raw["profile"] is None else _value(raw["profile"], str),
        version=None if raw["version"] is None else _value(raw["version"], str),
        status=raw["status"],
        note=None if raw.get("note") is None else _value(raw["note"], str),
    )


def _value(value: Any, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r:.80} should be {kind.__name__}")
    return value


def _items(value: Any, kind: type[T]) -> tuple[T, ...]:
    return tuple(_value(item, kind) for item in _value(value, list))


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


def offering_of(service: str, *, folder: Path | None = None) -> RegistryEntry | None:
    """The offering that brings a service; None when the registry has none."""
    return next((entry for entry in load_registry(folder) if service in entry.services), None)


def missing_dependency(
    definition: ServiceDefinition, service: str, known: Iterable[str], *, folder: Path | None = None
) -> tuple[str, str]:
    """What is wrong when a definition depends on a service that is not there, and how to fix it."""
    what = f'"{definition.name}" depends on "{service}"'
    offering = offering_of(service, folder=folder)
    if offering and offering.is_available:
        fix = f"Install it with `phlo plugin install {offering.name}`."
        return f"{what} of the package {offering.name}, which is not installed", fix
    what += ", which does not exist"
    near = nearest(service, known)
    if definition.package is None:
        return what, f'Did you mean "{near}"?' if near else did_you_mean(service, known)
    fix = f'{definition.package} does not bring "{service}": install the package that does, or define it in phlo.yaml.'
    return what, f'Did you mean "{near}"? Or: {fix}' if near else fix


def registry_entry(name: str, *, folder: Path | None = None) -> RegistryEntry:
    """The entry called `name`, with or without `phlo-` before it; a ConfigError suggests the nearest."""
    entries = {entry.name: entry for entry in load_registry(folder)}
    wanted = normalized(name)
    found = entries.get(wanted) or entries.get(f"phlo-{wanted}")
    if found is None:
        raise ConfigError(f'the registry has no "{name}"', fix=did_you_mean(wanted, entries))
    return found
