"""A folder with a Compose file is brought up on a real engine."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from phlo.hosts.engine import Engine

Phlo = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_a_second_up_changes_nothing_and_an_override_file_recreates_one_service(
    folder: Path, project: str, tiny: str, engine: Engine, phlo: Phlo
) -> None:
    (folder / "compose.yaml").write_text(
        f"name: {project}\nservices:\n  web: {{image: '{tiny}', depends_on: [db]}}\n  db: {{image: '{tiny}'}}\n"
    )
    phlo("up")
    assert "Nothing to do" in phlo("up").stderr
    assert "Nothing to do" in phlo("up").stderr  # from the cache
    (folder / "compose.override.yaml").write_text("services: {web: {environment: {A: '1'}}}\n")
    planned = phlo("plan").stdout
    assert "environment.A added" in planned
    assert "1 to recreate" in planned
    (folder / "sub").mkdir()
    phlo("-C", "sub", "up")
    listed = engine.get("/containers/json", filters={"label": [f"phlo.project={project}"]})
    assert {entry["Labels"]["phlo.service"] for entry in listed} == {"db", "web"}
    assert "web" in phlo("-f", "compose.yaml", "ps").stdout
    phlo("down")
