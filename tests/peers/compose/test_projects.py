"""Compose projects as people write them, unchanged, on a real engine: they start, and a second `up` changes nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from phlo.hosts.connect import open_engine
from phlo.hosts.engine import Engine
from phlo.testing.images import tiny_image
from tests.peers.compose.corpus import texts_for_any_engine

pytestmark = pytest.mark.integration

PROJECTS = Path(__file__).with_name("projects")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = open_engine(None, name="local", environ=os.environ)
    tiny_image(engine)
    yield engine
    engine.close()


class Folder:
    """A project in a folder of its own, with a name that nobody else has."""

    def __init__(self, root: Path, engine: Engine) -> None:
        self.root = root
        self.engine = engine
        self.name = f"phlo-test-{uuid.uuid4().hex[:8]}"

    def phlo(self, *words: str) -> str:
        """Run phlo there; it must succeed. Gives all that it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "phlo", *words],
            cwd=self.root,
            env={**os.environ, "NO_COLOR": "1", "COMPOSE_PROJECT_NAME": self.name},
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def running(self) -> dict[str, int]:
        """Service -> how many of its containers run."""
        found: dict[str, int] = {}
        for entry in self.engine.get("/containers/json", filters=self._mine):
            name = entry["Labels"]["phlo.service"]
            found[name] = found.get(name, 0) + 1
        return found

    def remove(self) -> None:
        for found in self.engine.get("/containers/json", all=True, filters=self._mine):
            self.engine.delete(f"/containers/{found['Id']}", force=True, v=True)
        for network in self.engine.get("/networks", filters=self._mine):
            self.engine.delete(f"/networks/{network['Id']}")
        for volume in self.engine.get("/volumes", filters=self._mine)["Volumes"] or ():
            self.engine.delete(f"/volumes/{volume['Name']}")
        built: Any = {"reference": [f"{self.name}/*"]}
        for image in self.engine.get("/images/json", filters=built):
            self.engine.delete(f"/images/{image['Id']}", force=True)

    @property
    def _mine(self) -> Any:
        return {"label": [f"phlo.project={self.name}"]}


@pytest.fixture
def folder(tmp_path: Path, engine: Engine) -> Iterator[Folder]:
    found = Folder(tmp_path / "project", engine)
    yield found
    found.remove()


@pytest.mark.parametrize(
    ("name", "services"),
    [
        ("shop", {"web": 1, "worker": 1, "database": 1}),
        ("extends", {"api": 1, "jobs": 1}),
        ("include", {"app": 1, "database": 1}),
        ("scaled", {"worker": 3, "cache": 1}),
        ("built", {"app": 1, "tools": 1}),
    ],
)
def test_a_compose_project_runs_as_it_is(name: str, services: dict[str, int], folder: Folder) -> None:
    shutil.copytree(PROJECTS / name, folder.root)
    folder.phlo("up")
    assert folder.running() == services
    assert "Nothing to do" in folder.phlo("up")


def test_every_form_of_an_attribute_is_no_change_at_the_second_up(folder: Folder) -> None:
    """One project, with services that have each text of the corpus once."""
    (folder.root / "data").mkdir(parents=True)
    columns = [[f"    {text}" for text in texts] for texts in texts_for_any_engine()]
    lines = ["services:"]
    for index, texts in enumerate(zip_longest(*columns, fillvalue="")):
        lines += [f"  s{index}:", "    image: phlo/test-busybox:1", *texts]
    (folder.root / "compose.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    folder.phlo("up")
    assert len(folder.running()) == max(map(len, columns))
    assert "Nothing to do" in folder.phlo("up")
