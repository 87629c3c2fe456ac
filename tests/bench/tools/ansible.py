"""Ansible with its community.docker collection, on a local connection."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.fetch import first_line, virtual_environment
from tests.bench.tools.tool import Remote, Tool
from tests.bench.tools.yaml_text import yaml_text
from tests.bench.workload import DATA, HEALTH_TEST, IMAGE, MEMORY, RESTART, STOP_SECONDS, Workload
from tests.hosts.bed import Bed

NAME, TITLE = "ansible", "Ansible"
_REQUIREMENTS = ("ansible~=12.0", "requests~=2.32")
_CONFIGURATION = """\
[defaults]
inventory = inventory.yaml
retry_files_enabled = false
forks = 20
[connection]
pipelining = true
"""


def find(cache: Path) -> Tool:
    """From PyPI, where the package `ansible` holds the collection. Raises Unavailable."""
    programs = virtual_environment(cache, "ansible", _REQUIREMENTS)
    playbook = str(programs / "ansible-playbook")
    return Tool(
        name=NAME,
        title=TITLE,
        version=first_line([playbook, "--version"]).partition("[core ")[2].rstrip("]"),
        files=files,
        remote=Remote(
            files=functools.partial(remote_files, interpreter=str(programs / "python")),
            up=(playbook, "up.yaml"),
            down=(playbook, "down.yaml"),
        ),
        up=(playbook, "up.yaml"),
        up_chain=(playbook, "up.yaml"),
        down=(playbook, "down.yaml"),
        help=(playbook, "--help"),
        setting={"ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_NOCOLOR": "1"},
        remark="no fact gathering, pipelining on; on a chain it returns when every service is healthy",
    )


def files(workload: Workload) -> Mapping[str, str]:
    """An inventory, a playbook that brings up and one that removes; the engine makes the volumes in passing."""
    host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    return _files(workload, {"hosts": {"localhost": host}})


def remote_files(workload: Workload, bed: Bed, *, interpreter: str) -> Mapping[str, str]:
    """The same for the hosts of a bed. interpreter: a Python that is there too, with what the collection needs."""
    hosts = {host.name: {"ansible_host": host.address} for host in bed.hosts}
    common = {"ansible_ssh_common_args": f"-F {bed.ssh_config}", "ansible_python_interpreter": interpreter}
    return _files(workload, {"vars": common, "hosts": hosts})


def _files(workload: Workload, everything: Mapping[str, Any]) -> Mapping[str, str]:
    return {
        "ansible.cfg": _CONFIGURATION,
        "inventory.yaml": yaml_text({"all": everything}),
        "up.yaml": yaml_text(_play(_network(workload, "present"), _containers_up(workload))),
        "down.yaml": yaml_text(_play(_containers_down(workload), _network(workload, "absent"))),
    }


def _play(*tasks: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [{"hosts": "all", "gather_facts": False, "tasks": list(tasks)}]


def _network(workload: Workload, state: str) -> dict[str, Any]:
    return {
        "name": f"Network {state}",
        "community.docker.docker_network": {"name": f"{workload.project}-net", "state": state},
    }


def _containers_up(workload: Workload) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": f"{workload.project}-{{{{ item.name }}}}",
        "image": IMAGE,
        "state": "healthy" if workload.is_chain else "started",
        "env": "{{ item.environment }}",
        "labels": "{{ item.labels }}",
        "volumes": [f"{workload.project}-{{{{ item.volume }}}}:{DATA}"],
        "networks": [{"name": f"{workload.project}-net", "aliases": ["{{ item.name }}"]}],
        "memory": MEMORY,
        "restart_policy": RESTART,
        "stop_timeout": STOP_SECONDS,
    }
    if workload.is_chain:
        body["healthcheck"] = {"test": list(HEALTH_TEST), "interval": "1s", "timeout": "1s", "retries": 3}
    items = [
        {
            "name": service.name,
            "environment": dict(service.environment),
            "labels": dict(service.labels),
            "volume": service.volume,
        }
        for service in workload.services
    ]
    return {
        "name": "Containers started",
        "community.docker.docker_container": body,
        "loop": items,
        "loop_control": {"label": "{{ item.name }}"},
    }


def _containers_down(workload: Workload) -> dict[str, Any]:
    return {
        "name": "Containers absent",
        "community.docker.docker_container": {"name": f"{workload.project}-{{{{ item }}}}", "state": "absent"},
        "loop": [service.name for service in workload.services],
    }
