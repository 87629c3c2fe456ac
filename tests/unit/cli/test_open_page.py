"""`phlo services open` for services on other hosts, of which only the list of containers is made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from phlo.cli import exits
from phlo.discovery import ServiceDiscovery
from phlo.hosts.live import LiveContainer, LivePort
from tests.unit.cli.test_main import phlo_says

_DISABLED = ", ".join(service.name for service in ServiceDiscovery().get_default_services())
PROJECT = f"""
name: lab
services:
  disabled: [{_DISABLED}]
  web:
    type: inline
    image: example/web:1
    hosts: [far, wide]
    ports: [{{target: 80, app_protocol: http}}]
"""
HOSTS = """
all:
  hosts:
    far: {docker_host: "ssh://ops@far.example"}
    wide: {docker_host: "ssh://ops@wide.example:2222", address: 10.0.0.9}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "phlo.yaml").write_text(PROJECT)
    (tmp_path / "hosts.yaml").write_text(HOSTS)
    return tmp_path


def publish(monkeypatch: pytest.MonkeyPatch, **addresses: str) -> None:
    """Let web run on hosts, its port 80 published at 8080 of an address of each."""

    def live(engine: Any, project: str, *, host: str, services: Any = ()) -> list[LiveContainer]:
        if host not in addresses:
            return []
        return [
            LiveContainer(
                id=host,
                name="lab-web-1",
                host=host,
                service="web",
                instance=1,
                state="running",
                health=None,
                exit_code=None,
                since="",
                image="example/web:1",
                ports=(LivePort(published=8080, target=80, ip=addresses[host]),),
            )
        ]

    monkeypatch.setattr("phlo.cli.open_page.live_containers", live)


def test_a_page_that_only_its_host_reaches_is_an_error_with_the_tunnel(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, far="127.0.0.1")
    said = phlo_says(["services", "open", "web", "-i", "hosts.yaml"], folder)
    assert (said.code, said.out) == (exits.FAILED, "")
    assert "web: publishes port 8080 on far to programs of that machine only." in said.err
    command = "ssh -N -L 8080:127.0.0.1:8080 ops@far.example"
    assert f"`{command}`, then open http://127.0.0.1:8080" in said.err


def test_the_tunnel_uses_the_port_and_the_options_of_the_inventory(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, wide="127.0.0.1")
    (folder / "hosts.yaml").write_text(HOSTS.replace("address: 10.0.0.9", "ansible_ssh_common_args: -J gate.example"))
    said = phlo_says(["services", "open", "web", "-i", "hosts.yaml"], folder)
    assert "`ssh -J gate.example -p 2222 -N -L 8080:127.0.0.1:8080 ops@wide.example`" in said.err


@pytest.mark.parametrize(
    ("environ", "shown"),
    [
        ({}, "There is no display here: open the address in a browser."),
        (
            {"SSH_CONNECTION": "10.0.0.5 50022 10.0.0.1 22", "USER": "ann"},
            "Run `ssh -N -L 8080:127.0.0.1:8080 ann@10.0.0.1` on your computer, then open the address there.",
        ),
        (
            {"SSH_CONNECTION": "10.0.0.5 50022 10.0.0.1 2200"},
            "Run `ssh -p 2200 -N -L 8080:127.0.0.1:8080 10.0.0.1` on your computer",
        ),
    ],
)
def test_without_a_display_the_command_for_ones_own_computer_is_printed(
    environ: dict[str, str], shown: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, local="127.0.0.1")
    (folder / "phlo.yaml").write_text(PROJECT.replace("    hosts: [far, wide]\n", ""))
    said = phlo_says(["services", "open", "web"], folder, environ)
    assert (said.code, said.out) == (exits.OK, "http://127.0.0.1:8080\n")
    assert shown in said.err


def test_of_several_hosts_the_first_that_can_be_reached_is_opened(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, far="127.0.0.1", wide="")
    words = ["services", "open", "web", "-i", "hosts.yaml"]
    assert phlo_says([*words, "--print"], folder).out == "http://10.0.0.9:8080\n"
    found = json.loads(phlo_says([*words, "--json"], folder).out)
    assert [(page["host"], page["reachable"]) for page in found] == [("far", False), ("wide", True)]
    assert phlo_says([*words, "--print", "--limit", "far"], folder).code == exits.FAILED
