from __future__ import annotations

from pathlib import Path

import pytest

from phlo import inventory
from phlo.cli.engine_address import engine_address

INVENTORY = """
all:
  hosts:
    local:
    named: {docker_host: "unix:///run/docker.sock"}
    far: {docker_host: "tcp://10.0.0.1:2376"}
"""


@pytest.mark.parametrize(
    ("host", "environ", "address"),
    [
        ("local", {}, "unix:///var/run/docker.sock"),
        ("local", {"DOCKER_HOST": "unix:///view.sock"}, "unix:///view.sock"),
        ("named", {"DOCKER_HOST": "unix:///view.sock"}, "unix:///run/docker.sock"),
        (
            "named",
            {"DOCKER_HOST": "unix:///view.sock", "PHLO_MACHINE_ENGINE": "unix:///run/docker.sock"},
            "unix:///view.sock",
        ),
        (
            "far",
            {"DOCKER_HOST": "unix:///view.sock", "PHLO_MACHINE_ENGINE": "unix:///run/docker.sock"},
            "tcp://10.0.0.1:2376",
        ),
    ],
)
def test_where_an_engine_is_asked(host: str, environ: dict[str, str], address: str, tmp_path: Path) -> None:
    (tmp_path / "hosts.yaml").write_text(INVENTORY)
    hosts = inventory.load([tmp_path / "hosts.yaml"], root=tmp_path)
    environ = {"DOCKER_CONFIG": str(tmp_path), **environ}  # no context is in use
    assert engine_address(hosts, host, environ).url == address
