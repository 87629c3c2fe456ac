"""A project whose last service was removed from phlo.yaml, with an inventory that has no host called `local`."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.hosts.engine import Engine
from tests.integration.conftest import STAY, Phlo

INVENTORY = "all: {hosts: {here: {docker_host: 'unix:///var/run/docker.sock'}}}\n"
WEB = "  web: {{type: inline, image: {image}, command: {command}, stop_grace_period: 1s}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_its_containers_are_found_and_removed(
    phlo: Phlo, project: str, tiny: str, engine: Engine, folder: Path
) -> None:
    settings = f"name: {project}\ninventory: hosts.yaml\nservices:\n  defaults: false\n"
    (folder / "hosts.yaml").write_text(INVENTORY)
    (folder / "phlo.yaml").write_text(settings + WEB.format(image=tiny, command=STAY))
    phlo("up")
    (folder / "phlo.yaml").write_text(settings)

    phlo("down")

    assert engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={project}"]}) == []
    assert "Nothing to do" in phlo("down").stderr
