"""A playbook with twenty containers is imported, and runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from phlo.hosts.engine import Engine
from tests.integration.conftest import Phlo
from tests.support.twenty import twenty


@pytest.fixture
def folder(tmp_path: Path, project: str) -> Path:
    """Where the project goes; its name is that of the folder of the playbook."""
    (tmp_path / project).mkdir()
    return tmp_path / "out"


def test_twenty_containers_of_a_playbook_run_as_services(
    folder: Path, tmp_path: Path, project: str, tiny: str, phlo: Phlo, engine: Engine
) -> None:
    ansible = tmp_path / project
    for path, text in twenty(image=tiny, folder=str(tmp_path / "host"), name=f"{project}-net").items():
        (ansible / path).parent.mkdir(parents=True, exist_ok=True)
        (ansible / path).write_text(text)
    folder.mkdir()
    phlo("import", "ansible", str(ansible / "site.yml"), "-o", str(folder))

    phlo("play", "site.yml")

    listed: Any = engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={project}"]})
    states = {one["Labels"]["phlo.service"]: one["State"] for one in listed}
    assert len(states) == 20
    assert {name: state for name, state in states.items() if state != "running"} == {"migrate": "exited"}
    found = engine.get(f"/containers/{project}-store-orders-1/json")
    assert f"{project}-net" in found["NetworkSettings"]["Networks"]
    assert "STAGE=test" in found["Config"]["Env"]
    proxy = engine.get(f"/containers/{project}-proxy-1/json")
    assert "PRICE=$5" in proxy["Config"]["Env"]
    assert phlo("exec", "cache", "ls", "/data").stdout == "ready\n"
    phlo("plan", "--detailed-exitcode")
