"""A service as the API shows it: what phlo knows of it, joined with what runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from phlo_api_app.engine import Container, PublishedPort

UNKNOWN = "unknown"
ABSENT = "absent"
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not bound to


class Port(BaseModel):
    """A port of the container, and the host's port that leads to it (null: not published)."""

    host: int | None
    container: int
    protocol: str


class Service(BaseModel):
    """A service of the project. state is `absent` without a container, `unknown` when the engine does not answer."""

    name: str
    description: str
    category: str
    kind: str
    enabled: bool
    reason: str | None
    state: str
    health: str | None
    image: str | None
    ports: list[Port]
    urls: list[str]
    depends_on: list[str]
    package: str | None
    version: str | None


def join(known: Sequence[Mapping[str, Any]], containers: Sequence[Container] | None, *, hostname: str) -> list[Service]:
    """Every known service with its live state, by name.

    containers: None when the engine does not answer.
    hostname: what a port published on every address is reached by.
    """
    return [
        _service(entry, _of(entry["name"], containers), hostname=hostname)
        for entry in sorted(known, key=lambda entry: str(entry["name"]))
    ]


def _of(name: str, containers: Sequence[Container] | None) -> list[Container] | None:
    return None if containers is None else [container for container in containers if container.service == name]


def _service(entry: Mapping[str, Any], containers: list[Container] | None, *, hostname: str) -> Service:
    planned = [_planned(port) for port in entry.get("ports") or ()]
    live = [port for container in containers or () for port in container.ports]
    schemes = {port["container"]: port.get("app_protocol") for port in entry.get("ports") or ()}
    return Service(
        name=entry["name"],
        description=entry.get("description") or "",
        category=entry.get("category") or "other",
        kind=entry.get("kind") or "package",
        enabled=bool(entry.get("enabled", True)),
        reason=entry.get("reason"),
        state=UNKNOWN if containers is None else _worst((c.state for c in containers), ABSENT),
        health=None if containers is None else _worst((c.health for c in containers if c.health), None),
        image=containers[0].image if containers else entry.get("image"),
        ports=[Port(host=p.host, container=p.container, protocol=p.protocol) for p in live] or planned,
        urls=[url for port in live for url in _urls(port, schemes, hostname)],
        depends_on=_names(entry.get("depends_on") or ()),
        package=entry.get("package"),
        version=entry.get("version"),
    )


def _planned(port: Mapping[str, Any]) -> Port:
    host = port.get("host")
    return Port(
        host=int(host) if host else None,
        container=int(port["container"]),
        protocol=port.get("protocol") or "tcp",
    )


def _names(depends_on: Iterable[Any]) -> list[str]:
    return sorted(item["service"] if isinstance(item, Mapping) else str(item) for item in depends_on)


def _worst(words: Iterable[str], empty: str | None) -> Any:
    """Of several instances the one that needs attention: anything but running and healthy comes first."""
    found = sorted(set(words), key=lambda word: (word in ("running", "healthy"), word))
    return found[0] if found else empty


def _urls(port: PublishedPort, schemes: Mapping[int, str | None], hostname: str) -> Iterable[str]:
    if port.protocol == "tcp":
        address = hostname if port.address in _EVERYWHERE else port.address
        host = f"[{address}]" if ":" in address else address
        yield f"{schemes.get(port.container) or 'tcp'}://{host}:{port.host}"
