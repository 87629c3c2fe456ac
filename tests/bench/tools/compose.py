"""Docker Compose v2, as its own binary (without the docker command in front it starts faster)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.fetch import debian_package, first_line
from tests.bench.tools.tool import Tool, Unavailable
from tests.bench.tools.yaml_text import yaml_text
from tests.bench.workload import DATA, HEALTH_TEST, IMAGE, MEMORY, RESTART, STOP_SECONDS, Service, Workload

NAME, TITLE = "compose", "Docker Compose"
_PLUGIN = "docker/cli-plugins/docker-compose"
_FOLDERS = ("/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec")


def find(cache: Path, given: Path | None = None) -> Tool:
    """The binary `given`, else the installed plugin, else the one of Debian trixie. Raises Unavailable."""
    binary = given.absolute() if given else _machines_own(cache)
    version = first_line([str(binary), "version", "--short"])
    if version.startswith("1."):
        raise Unavailable(f"{version} is too old; v2 is compared")
    command = (str(binary), "--progress", "quiet")
    return Tool(
        name=NAME,
        title=TITLE,
        version=version.lstrip("v"),
        files=files,
        up=(*command, "up", "--detach"),
        up_chain=(*command, "up", "--detach"),
        down=(*command, "down"),
        help=(str(binary), "--help"),
        remark="the standalone binary; on a chain it returns before the last service is healthy",
    )


def _machines_own(cache: Path) -> Path:
    installed = [path for folder in _FOLDERS if (path := Path(folder) / _PLUGIN).exists()]
    return installed[0] if installed else debian_package(cache, "docker-compose", "trixie") / "usr/libexec" / _PLUGIN


def files(workload: Workload) -> Mapping[str, str]:
    """compose.yaml."""
    document = {
        "name": workload.project,
        "services": {service.name: compose_service(service, workload) for service in workload.services},
        "volumes": {service.volume: {} for service in workload.services},
    }
    return {"compose.yaml": yaml_text(document)}


def compose_service(service: Service, workload: Workload) -> dict[str, Any]:
    """One service in Compose syntax, which phlo.yaml has in common."""
    body: dict[str, Any] = {
        "image": IMAGE,
        "environment": dict(service.environment),
        "labels": dict(service.labels),
        "volumes": [f"{service.volume}:{DATA}"],
        "mem_limit": MEMORY,
        "restart": RESTART,
        "stop_grace_period": f"{STOP_SECONDS}s",
    }
    if workload.is_chain:
        body["healthcheck"] = {"test": list(HEALTH_TEST), "interval": "1s", "timeout": "1s", "retries": 3}
    if service.after:
        body["depends_on"] = {service.after: {"condition": "service_healthy"}}
    return body
