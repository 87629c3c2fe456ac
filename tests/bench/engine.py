"""The Docker engine as the harness itself sees it: what a tool brought up, and how to clear it away."""

from __future__ import annotations

import datetime
import http.client
import json
import os
import socket
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phlo.labels import is_set_aside
from tests.bench.workload import DATA, LABEL_PROJECT, LABEL_SERVICE, MEMORY_BYTES, PREFIX, RESTART, Workload

_DEFAULT_SOCKET = "/var/run/docker.sock"


class BenchError(Exception):
    """The benchmark cannot go on; the message says what to do."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=120)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a running container has of what the workload asks for."""

    id: str
    service: str
    status: str
    health: str | None
    started_at: datetime.datetime
    environment: Mapping[str, str]
    memory: int
    restart: str
    mounts: tuple[str, ...]


def machine_address(environ: Mapping[str, str] = os.environ) -> str:
    """The address of the engine that the docker command would use."""
    return environ.get("DOCKER_HOST") or f"unix://{_DEFAULT_SOCKET}"


class Engine:
    """A local engine, by its API. address: `unix://PATH`."""

    def __init__(self, address: str) -> None:
        if not address.startswith("unix://"):
            raise BenchError(f"{address} is not on a local socket: the benchmark compares tools on unix://PATH.")
        self.address = address
        self._connection = _Connection(address.removeprefix("unix://"))

    def request(self, method: str, path: str, body: bytes | None = None, query: Mapping[str, str] | None = None) -> Any:
        """The decoded answer. Raises BenchError on an HTTP status of 400 and above."""
        target = f"{path}?{urllib.parse.urlencode(query)}" if query else path
        headers = {"Content-Type": "application/x-tar" if body else "application/json"}
        try:
            answer, data = self._exchange(method, target, body, headers)
        except OSError as reason:
            self._connection.close()
            raise BenchError(f"no Docker engine answers at {self.address} ({reason}). Start one first.") from None
        if answer.status >= 400:
            raise BenchError(f"Docker refused {method} {path}: {data.decode(errors='replace').strip()}")
        is_json = answer.headers.get_content_type() == "application/json"
        return json.loads(data) if is_json else data

    def _exchange(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        try:
            self._connection.request(method, target, body=body, headers=headers)
            answer = self._connection.getresponse()
        except (BrokenPipeError, ConnectionResetError):  # closed while the tools worked on other engines
            self._connection.close()
            self._connection.request(method, target, body=body, headers=headers)
            answer = self._connection.getresponse()
        return answer, answer.read()

    def version(self) -> str:
        return str(self.request("GET", "/version")["Version"])

    def containers(self, project: str) -> list[Seen]:
        """Every container of `project`, running or not, by service name."""
        filters = json.dumps({"label": [f"{LABEL_PROJECT}={project}"]})
        listed = self.request("GET", "/containers/json", query={"all": "1", "filters": filters})
        # phlo keeps what it replaced, stopped, to go back to; no other tool has such containers.
        current = [item["Id"] for item in listed if not is_set_aside(item["Names"][0])]
        found = [self.request("GET", f"/containers/{identity}/json") for identity in current]
        return sorted((_seen(item) for item in found), key=lambda seen: seen.service)

    def clear(self) -> None:
        """Remove every container, network and volume that a benchmark made, also those of a run that was killed."""
        for item in self.request("GET", "/containers/json", query={"all": "1"}):
            names = [name.lstrip("/") for name in item["Names"]]
            if LABEL_PROJECT in (item["Labels"] or {}) or any(name.startswith(PREFIX) for name in names):
                self.request("DELETE", f"/containers/{item['Id']}", query={"force": "1", "v": "1"})
        for item in self.request("GET", "/networks"):
            if item["Name"].startswith(PREFIX):
                self.request("DELETE", f"/networks/{item['Id']}")
        for item in self.request("GET", "/volumes")["Volumes"] or []:
            if item["Name"].startswith(PREFIX):
                self.request("DELETE", f"/volumes/{item['Name']}")


def _seen(item: Mapping[str, Any]) -> Seen:
    state, config, host = item["State"], item["Config"], item["HostConfig"]
    return Seen(
        id=item["Id"],
        service=config["Labels"][LABEL_SERVICE],
        status=state["Status"],
        health=state["Health"]["Status"] if state.get("Health") else None,
        started_at=datetime.datetime.fromisoformat(state["StartedAt"]),
        environment=dict(entry.partition("=")[::2] for entry in config["Env"] or []),
        memory=host["Memory"],
        restart=host["RestartPolicy"]["Name"],
        mounts=tuple(mount["Destination"] for mount in item["Mounts"] if mount["Type"] == "volume"),
    )


def differences(workload: Workload, seen: Sequence[Seen]) -> list[str]:
    """Where what runs is not what the workload asks for, one phrase each; empty when a tool did its work."""
    found: list[str] = []
    by_name = {item.service: item for item in seen}
    if len(seen) != len(workload.services):
        found.append(f"{len(seen)} containers instead of {len(workload.services)}")
    for service in workload.services:
        item = by_name.get(service.name)
        if item is None:
            found.append(f"{service.name} is missing")
            continue
        wanted = {"status": "running", "memory": MEMORY_BYTES, "restart": RESTART, "mounts": (DATA,)}
        for name, value in wanted.items():
            if getattr(item, name) != value:
                found.append(f"{service.name}: {name} is {getattr(item, name)!r} instead of {value!r}")
        for name, text in service.environment.items():
            if item.environment.get(name) != text:
                found.append(f"{service.name}: {name} is {item.environment.get(name)!r} instead of {text!r}")
    return found + (_chain_differences(workload, by_name) if workload.is_chain and not found else [])


def _chain_differences(workload: Workload, seen: Mapping[str, Seen]) -> list[str]:
    """A link may still be `starting` for the engine: a tool that runs the check itself knows sooner that it passes."""
    found = []
    for service in workload.services:
        item = seen[service.name]
        if item.health not in ("starting", "healthy"):
            found.append(f"{service.name}: health is {item.health!r} instead of 'healthy'")
        if service.after and item.started_at < seen[service.after].started_at:
            found.append(f"{service.name} started before {service.after}, which it waits for")
    return found


def touched(before: Sequence[Seen], after: Sequence[Seen]) -> list[str]:
    """The services whose containers are not the very same ones, still running from the same start."""
    kept = {(item.service, item.id, item.started_at) for item in before}
    return [item.service for item in after if (item.service, item.id, item.started_at) not in kept]
