"""A container that was started by hand is taken over by `phlo adopt`, without a restart when nothing differs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from phlo.hosts.adopted import mark_name
from phlo.hosts.engine import Engine

Phlo = Callable[..., "subprocess.CompletedProcess[str]"]

PROJECT = """\
name: {project}
services:
  web:
    image: {tiny}
    network_mode: bridge
    init: true
    stop_grace_period: 1s
    environment: {{GREETING: hello}}
    volumes: ["data:/data"]
volumes:
  data: {{name: {project}-by-hand, external: true}}
"""


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    (tmp_path / "compose.yaml").write_text(PROJECT.format(project=project, tiny=tiny))
    return tmp_path


@pytest.fixture
def by_hand(engine: Engine, project: str, tiny: str) -> Iterator[str]:
    """The id of a running container that `docker run` would make so."""
    volume = f"{project}-by-hand"
    engine.post("/volumes/create", {"Name": volume})
    body = {
        "Image": tiny,
        "Env": ["GREETING=hello"],
        "StopTimeout": 1,
        "HostConfig": {"Init": True, "Binds": [f"{volume}:/data"]},
    }
    made = str(engine.post("/containers/create", body, name=f"{project}-started")["Id"])
    engine.post(f"/containers/{made}/start")
    yield made
    for entry in engine.get("/containers/json", all=True, filters={"volume": [volume]}):
        engine.delete(f"/containers/{entry['Id']}", force=True)
    engine.delete(f"/volumes/{mark_name(made)}", force=True)
    engine.delete(f"/volumes/{volume}", force=True)


def test_a_container_started_by_hand_is_adopted_goes_on_running_and_its_mark_goes_with_it(
    folder: Path, project: str, engine: Engine, by_hand: str, phlo: Phlo
) -> None:
    before = engine.get(f"/containers/{by_hand}/json")["State"]["StartedAt"]
    phlo("adopt", f"{project}-started", "--as", "web")
    assert "it was started by hand, and it is as it should be" in phlo("plan", "--detailed-exitcode").stdout
    phlo("up")
    phlo("up")
    assert f"{project}-web-1" in phlo("ps").stdout
    found = engine.get(f"/containers/{project}-web-1/json")
    assert (found["Id"], found["State"]["StartedAt"]) == (by_hand, before)
    assert _first_event(folder, lambda: engine.post(f"/containers/{by_hand}/kill", signal="URG"))["service"] == "web"

    text = (folder / "compose.yaml").read_text()
    (folder / "compose.yaml").write_text(text.replace("GREETING: hello", "GREETING: bye"))
    assert "environment.GREETING changed" in phlo("up").stderr
    now = engine.get(f"/containers/{project}-web-1/json")
    assert now["Id"] != by_hand
    assert [mount["Name"] for mount in now["Mounts"]] == [f"{project}-by-hand"]
    phlo("rollback")
    assert engine.get(f"/containers/{project}-web-1/json")["Id"] == by_hand
    phlo("down", "-t", "0")
    assert engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={project}"]}) == []
    assert engine.get_or_none(f"/volumes/{mark_name(by_hand)}") is None
    assert engine.get_or_none(f"/volumes/{project}-by-hand") is not None


def _first_event(folder: Path, make: Callable[[], object]) -> Any:
    """The first event that `phlo events` prints, of what is made to happen again and again."""
    done = threading.Event()

    def repeat() -> None:
        while not done.wait(0.1):
            make()

    command = [sys.executable, "-m", "phlo", "events", "--json"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        making = threading.Thread(target=repeat)
        making.start()
        try:
            return json.loads(following.stdout.readline())
        finally:
            done.set()
            making.join()
            following.kill()
