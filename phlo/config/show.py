"""What `phlo config` shows: the resolved project, and where a value came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

from phlo.config.project import Project, ResolvedService
from phlo.errors import ConfigError, did_you_mean
from phlo.values import Source, mask_all

_DURATIONS = ("interval", "timeout", "start_period", "start_interval", "stop_grace_period")
_HIDDEN = ("read_files", "warnings", "build", "image")


def explain(project: Project, name: str) -> list[dict[str, Any]]:
    """Where a value came from: name, value (masked where it is secret), layer, where, wins.

    The candidate that won comes first, then those that lost, the highest layer first.
    name: a variable (`POSTGRES_PORT`), or an attribute of a service (`services.web.ports`, `web.ports`); of an
          attribute that was merged from several places, each entry.
    Raises ConfigError for a name that is neither.
    """
    if name in project.values:
        value = project.values[name]
        losers = [_explained(name, text, source, wins=False) for text, source in reversed(value.losers)]
        return [_explained(name, value.text, value.source, wins=True), *losers]
    service, attribute = _service_attribute(project, name.removeprefix("services."))
    if service is not None and attribute:
        if found := list(_attribute(service, attribute)):
            return found
        fix = did_you_mean(f"{service.name}.{attribute}", [f"{service.name}.{key}" for key in service.sources])
        raise ConfigError(f'nothing sets "{attribute}" of {service.name}', where=name, fix=fix)
    fix = did_you_mean(name, (*project.values, *(f"services.{known}" for known in project.services)))
    raise ConfigError(f'there is no variable or attribute "{name}"', fix=fix)


def _explained(name: str, text: object, source: Source, *, wins: bool) -> dict[str, Any]:
    where = "" if source.path is None else str(source)
    return {"name": name, "value": str(text), "layer": source.layer, "where": where, "wins": wins}


def project_data(project: Project, *, with_sources: bool = False) -> dict[str, Any]:
    """The resolved project as plain values, every secret masked.

    with_sources: adds, to each service and variable, where it was written.
    """
    return {
        "name": project.name,
        "services": {name: _service(service, with_sources) for name, service in project.services.items()},
        "absent": {name: absence.reason for name, absence in project.absent.items()},
        "networks": {key: _plain(spec) for key, spec in project.networks.items()},
        "volumes": {key: _plain(spec) for key, spec in project.volumes.items()},
        "variables": {
            name: {"value": str(value.text), "source": str(value.source)} if with_sources else str(value.text)
            for name, value in project.values.items()
        },
        "warnings": list(project.warnings),
    }


def _service_attribute(project: Project, dotted: str) -> tuple[ResolvedService | None, str]:
    """The service that a dotted name starts with (its name may have dots), and the rest."""
    for name in sorted(project.services, key=len, reverse=True):
        if dotted == name or dotted.startswith((f"{name}.", f"{name}[")):
            return project.services[name], dotted[len(name) :].lstrip(".")
    return None, ""


def _attribute(service: ResolvedService, attribute: str) -> Iterator[dict[str, Any]]:
    below = (f"{attribute}.", f"{attribute}[")
    found = [key for key in service.sources if key == attribute or key.startswith(below)]
    if not found:  # an entry of something that came from one place as a whole
        parents = [key for key in service.sources if attribute.startswith((f"{key}.", f"{key}["))]
        found = sorted(parents, key=len)[-1:]
    for key in found:
        text = _text(service, key)
        if text is not None:
            yield _explained(f"{service.name}.{key}", text, service.sources[key], wins=True)


def _text(service: ResolvedService, key: str) -> str | None:
    """The masked value of an attribute, or of one entry of it; None when it is shown by its entries."""
    head, dot, entry = key.partition(".")
    head, bracket, index = head.partition("[")
    value = getattr(service.compose, head, None)
    if dot and isinstance(value, Mapping):
        value = value.get(entry)
    elif bracket and isinstance(value, tuple):
        number = int(index.rstrip("]"))
        value = value[number] if number < len(value) else None
    elif value is not None and any(known.startswith((f"{key}.", f"{key}[")) for known in service.sources):
        return None
    return _shown(_plain(value))


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_shown(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={_shown(item)}" for key, item in value.items())
    return "" if value is None else str(value)


def _service(service: ResolvedService, with_sources: bool) -> dict[str, Any]:
    shown = {
        **{key: value for key, value in _plain(service.compose).items() if key not in _HIDDEN},
        "image": _plain(service.image),
        "depends_on": {item.service: str(item.condition) for item in service.depends_on},
        "files": [{"path": spec.path, "mode": f"{spec.mode:04o}", "from": spec.origin} for spec in service.files],
        "hosts": list(service.hosts),
        "scale": service.scale,
        "one_shot": service.one_shot,
        "kind": service.definition.kind,
        "reason": service.reason,
    }
    if with_sources:
        shown["sources"] = {key: str(source) for key, source in service.sources.items()}
    return {key: value for key, value in shown.items() if value not in (None, [], {})}


def _plain(value: Any) -> Any:
    """A dataclass as a mapping of the fields that differ from their defaults, masked, all the way down."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            item.name: _field(item.name, getattr(value, item.name))
            for item in fields(value)
            if getattr(value, item.name) != _default(item)
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else mask_all(value)


def _field(name: str, value: Any) -> Any:
    return f"{value / 1e9:g}s" if name in _DURATIONS and isinstance(value, int) else _plain(value)


def _default(item: Any) -> Any:
    if item.default_factory is not MISSING:
        return item.default_factory()
    return item.default
