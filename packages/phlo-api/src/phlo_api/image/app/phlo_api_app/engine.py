"""What runs, asked of the read-only view of the Docker engine."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

TIMEOUT_SECONDS = 5.0
LABEL_PROJECT = "phlo.project"
LABEL_SERVICE = "phlo.service"
SET_ASIDE = ".phlo-before-"


class EngineError(Exception):
    """The engine's view does not answer; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPort:
    """A port of a container that the host listens on."""

    address: str
    host: int
    container: int
    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container of the project. state: as Docker says it. health: None when it has no health check."""

    service: str
    state: str
    health: str | None
    image: str
    ports: tuple[PublishedPort, ...]


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_SECONDS)
        self.sock.connect(str(self._path))


def list_containers(view_socket: Path, project: str) -> tuple[Container, ...]:
    """The containers of `project`, running or not, but for those that phlo only keeps to go back to.

    Raises EngineError.
    """
    filters = json.dumps({"label": [f"{LABEL_PROJECT}={project}"]})
    answer = _get(view_socket, f"/containers/json?{urlencode({'all': 'true', 'filters': filters})}")
    return tuple(
        _container(entry)
        for entry in answer
        if entry.get("Labels", {}).get(LABEL_SERVICE) and not any(SET_ASIDE in name for name in entry.get("Names", ()))
    )


def _get(view_socket: Path, target: str) -> Any:
    connection = UnixConnection(view_socket)
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        body = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as reason:
        raise EngineError(f"the engine's view at {view_socket} does not answer: {reason}") from None
    finally:
        connection.close()
    if response.status != 200:
        raise EngineError(str(body.get("message", f"status {response.status}")))
    return body


def _container(entry: Mapping[str, Any]) -> Container:
    return Container(
        service=entry["Labels"][LABEL_SERVICE],
        state=entry["State"],
        health=_health(entry.get("Status", "")),
        image=entry["Image"],
        ports=tuple(_published(entry.get("Ports") or ())),
    )


def _health(status: str) -> str | None:
    # The list has health only inside its sentence: "Up 3 minutes (healthy)", "(health: starting)".
    for word in ("unhealthy", "healthy", "starting"):
        if f"({word})" in status or f"(health: {word})" in status:
            return word
    return None


def _published(ports: Iterable[Mapping[str, Any]]) -> Iterable[PublishedPort]:
    seen = set()
    # IPv4 sorts before IPv6, so that "0.0.0.0" stands for both of a port published on all addresses.
    for port in sorted(ports, key=lambda port: (port["PrivatePort"], port["Type"], ":" in port.get("IP", ""))):
        key = (port.get("PublicPort"), port["PrivatePort"], port["Type"])
        if port.get("PublicPort") and key not in seen:
            seen.add(key)
            yield PublishedPort(
                address=port.get("IP", ""),
                host=port["PublicPort"],
                container=port["PrivatePort"],
                protocol=port["Type"],
            )
