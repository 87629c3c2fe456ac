"""A project of its own for a role under test: nothing of it meets what runs on the machine already."""

from __future__ import annotations

import re
import secrets
import socket
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from phlo.config.capability_types import is_collected
from phlo.config.project import Project
from phlo.discovery.definition import ServiceDefinition
from phlo.errors import ConfigError
from phlo.testing.subject import Subject
from phlo.yaml_source import CoreLoader, load_yaml

# What a role may say about the project it is tested in: a phlo.yaml.
OWN_PROJECT = Path("tests") / "phlo.yaml"


def write_role_project(subject: Subject, folder: Path) -> str:
    """Write a project into an empty folder in which the role's services are enabled with what they need; gives the
    project's name.

    What the role's `tests/phlo.yaml` says is in it; its folder has the role's tests beside it under `tests/`.
    """
    name = f"phlo-test-{_short(subject.name)}-{uuid.uuid4().hex[:6]}"
    data = _own_project(subject)
    data["name"] = name
    capabilities = data.setdefault("capabilities", {})
    tested = tested_services(subject)
    needed = {name for one in tested for name in needed_services(one, subject.catalog.services, capabilities)}
    services = data.setdefault("services", {})
    services["enabled"] = sorted({*services.get("enabled", ()), *needed})
    services.setdefault("defaults", False)
    for role, path in subject.roles.items():
        (folder / "roles").mkdir(exist_ok=True)
        (folder / "roles" / role).symlink_to(path, target_is_directory=True)
    _write(folder, data)
    return name


def tested_services(subject: Subject) -> tuple[ServiceDefinition, ...]:
    """The role's services, but for those that its `tests/phlo.yaml` switches off: what cannot run where tests do."""
    entries = _own_project(subject).get("services") or {}
    off = {name for name, entry in entries.items() if isinstance(entry, dict) and entry.get("enabled") is False}
    return tuple(one for one in subject.services if one.name not in off)


def isolate(folder: Path, project: Project) -> None:
    """Move every port that the project publishes to a free one, and give fixed container names the project's prefix.

    Its volumes are made for the test, so none is protected.
    """
    data = load_yaml(folder / "phlo.yaml", loader=CoreLoader).data
    published = [(name, port) for name, service in project.services.items() for port in service.compose.ports]
    free = dict(zip(published, free_ports(len(published)), strict=True))
    protected = [key for key, spec in project.volumes.items() if spec.is_protected]
    for key in protected:
        data.setdefault("volumes", {})[key] = {"protect": False}
    for name, service in project.services.items():
        entry = data["services"].setdefault(name, {})
        if service.compose.ports:
            entry.pop("port", None)  # the short form of the same, which would win
            entry["ports"] = [
                {
                    "target": port.target,
                    "published": str(free[name, port]),
                    "protocol": port.protocol,
                    "host_ip": port.host_ip or "127.0.0.1",
                }
                for port in service.compose.ports
            ]
        if service.compose.container_name:
            entry["container_name"] = f"{project.name}-{name}"
    _write(folder, data)


def needed_services(
    definition: ServiceDefinition, known: Mapping[str, ServiceDefinition], capabilities: dict[str, str]
) -> set[str]:
    """The service and all that it cannot do without. capabilities: gets the provider of each one that is required.

    Of several providers the one is taken that `capabilities` names, else a default service, else the first by name.
    """
    found: set[str] = set()
    waiting = [definition]
    while waiting:
        one = waiting.pop()
        if one.name in found:
            continue
        found.add(one.name)
        required = [name for name, entry in one.depends_on.items() if entry["required"]]
        for capability in (name for name in one.requires if not is_collected(name)):
            able = [other for other in known.values() if capability in other.provides]
            if able:
                best = min(able, key=lambda other: (other.name not in found, not other.default, other.name))
                required.append(capabilities.setdefault(capability, best.name))
        waiting += [known[name] for name in required if name in known]
    return found


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nothing listens on just now, on no address.

    They are below those that Linux and Docker give out automatically (32768 and up), so that none of them is given to
    somebody else until it is used.
    """
    found: list[int] = []
    with ExitStack() as servers:
        while len(found) < count:
            port = 20000 + secrets.randbelow(12768)
            try:
                servers.enter_context(socket.create_server(("", port)))
            except OSError:
                continue
            found.append(port)
    return found


def _own_project(subject: Subject) -> dict[str, Any]:
    path = subject.folder / OWN_PROJECT
    if not path.is_file():
        return {}
    data = load_yaml(path, label=f"{subject.folder.name}/{OWN_PROJECT}", loader=CoreLoader).data
    if not isinstance(data, dict):
        raise ConfigError("should be a mapping, as any phlo.yaml is", where=path)
    return {key: value for key, value in data.items() if value is not None}


def _write(folder: Path, data: Mapping[str, Any]) -> None:
    (folder / "phlo.yaml").write_text(yaml.safe_dump(dict(data), sort_keys=False, allow_unicode=True))


def _short(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:30]
