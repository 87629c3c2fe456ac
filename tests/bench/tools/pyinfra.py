"""pyinfra with its docker operations, on its local connector."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.fetch import first_line, virtual_environment
from tests.bench.tools.tool import Remote, Tool
from tests.bench.workload import DATA, IMAGE, MEMORY, RESTART, STOP_SECONDS, Workload
from tests.hosts.bed import Bed

NAME, TITLE = "pyinfra", "pyinfra"
_REQUIREMENTS = ("pyinfra~=3.0",)
_UP = """\
import json

from pyinfra.operations import docker

with open("services.json") as file:
    workload = json.load(file)

docker.network(network=workload["network"])
for service in workload["services"]:
    docker.container(**service)
"""
_DOWN = """\
import json

from pyinfra.operations import docker

with open("services.json") as file:
    workload = json.load(file)

for service in workload["services"]:
    docker.container(container=service["container"], present=False)
docker.network(network=workload["network"], present=False)
"""


def find(cache: Path) -> Tool:
    """From PyPI. Raises Unavailable."""
    pyinfra = str(virtual_environment(cache, "pyinfra", _REQUIREMENTS) / "pyinfra")
    return Tool(
        name=NAME,
        title=TITLE,
        version=first_line([pyinfra, "--version"]).rpartition(" ")[2].lstrip("v"),
        files=files,
        remote=Remote(
            files=remote_files,
            up=(pyinfra, "-y", "--parallel", "20", "inventory.py", "up.py"),
            down=(pyinfra, "-y", "--parallel", "20", "inventory.py", "down.py"),
        ),
        up=(pyinfra, "-y", "@local", "up.py"),
        up_chain=None,
        down=(pyinfra, "-y", "@local", "down.py"),
        help=(pyinfra, "--help"),
        remark="does not see changed arguments: the changed service is forced; cannot wait for health",
    )


def remote_files(workload: Workload, bed: Bed) -> Mapping[str, str]:
    """The same, and an inventory."""
    data = {"ssh_user": "root", "ssh_config_file": str(bed.ssh_config)}
    hosts = [(host.address, data) for host in bed.hosts]
    return {**files(workload), "inventory.py": f"hosts = {hosts!r}\n"}


def files(workload: Workload) -> Mapping[str, str]:
    """A deploy that brings up, one that removes, and the data of both; the engine makes the volumes in passing."""
    network = f"{workload.project}-net"
    services: list[dict[str, Any]] = [
        {
            "container": f"{workload.project}-{service.name}",
            "image": IMAGE,
            "env_vars": [f"{name}={text}" for name, text in service.environment.items()],
            "labels": [f"{name}={text}" for name, text in service.labels.items()],
            "volumes": [f"{workload.project}-{service.volume}:{DATA}"],
            "networks": [network],
            "memory": MEMORY,
            "restart_policy": RESTART,
            "extra_args": ["--stop-timeout", str(STOP_SECONDS), "--network-alias", service.name],
            "force": service.is_changed,
        }
        for service in workload.services
    ]
    data = json.dumps({"network": network, "services": services}, indent=2)
    return {"up.py": _UP, "down.py": _DOWN, "services.json": data}
