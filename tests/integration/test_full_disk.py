"""A full disk below each file that a command writes: the old content survives, and the command fails with its name."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.preload import COMPILER, compiled

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(COMPILER is None, reason="the full disk is a preloaded C library, which needs a compiler"),
]
MORE_THAN_THERE_ARE = 40
PROJECT = """# written by hand
name: {project}
services:
  defaults: false
  web:
    type: inline
    image: {image}
    volumes: ["data:/data"]
    environment: {{KEY: "${{KEY}}"}}
"""
ROLE = """
name: keeper
image: phlo/test-busybox:1
version: "1"
env_vars: {KEEPER_KEY: {secret: true}}
compose: {environment: {A: "${KEEPER_KEY}"}}
"""
COMPOSE = "services: {other: {image: 'busybox:1', environment: {A: '1'}}}\n"
Phlo = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def phlo(tmp_path: Path, project: str, tiny: str) -> Phlo:
    """Runs phlo in a project with a file of each kind. at: the write to a file from which on the disk is full."""
    (tmp_path / "phlo.yaml").write_text(PROJECT.format(project=project, image=tiny))
    (tmp_path / "roles" / "keeper").mkdir(parents=True)
    (tmp_path / "roles" / "keeper" / "service.yaml").write_text(ROLE)
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    (tmp_path / "value").write_text("a-value")

    def call(*words: str, at: int | None = None) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "KEY": "1", "PHLO_SECRETS_PASSPHRASE": "sesame", "PYTHONDONTWRITEBYTECODE": "1"}
        if at is not None:
            environ |= {"LD_PRELOAD": str(compiled(tmp_path, "full")), "FAULT_FULL": "files", "FAULT_FULL_AT": str(at)}
        with (tmp_path / "value").open() as value:
            return subprocess.run(
                [sys.executable, "-m", "phlo", *words],
                cwd=tmp_path,
                env=environ,
                stdin=value,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )

    return call


def contents(folder: Path) -> dict[str, bytes]:
    """The files of a project, without locks, the record of a run and what phlo makes again by itself."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".so", ".lock"))
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return {name: data for name, data in found.items() if not name.startswith((".phlo/runs/", ".phlo/cache"))}


# The commands that prepare a project, the command whose disk is full, and the file that it writes first.
ENABLE = ["services", "enable", "keeper"]
BACKUP = ["run", "backup", "web", "--volumes", "--to"]
CASES = {
    "secrets file": ([["secrets", "set", "OTHER"]], ["secrets", "set", "API_KEY"], "phlo-secrets.enc"),
    "made secrets": ([ENABLE], ["up", "keeper"], ".phlo/.env.local"),
    "saved plan": ([["plan", "-o", "plan.json"]], ["plan", "-o", "plan.json"], "plan.json"),
    "services enable": ([], ENABLE, "phlo.yaml"),
    "services add": ([], ["services", "add", "api", "--image", "busybox:1"], "phlo.yaml"),
    "graph": ([["services", "graph", "-o", "g.dot"]], ["services", "graph", "-o", "g.dot"], "g.dot"),
    "init": ([], ["init", "fresh"], "fresh/phlo.yaml"),
    "plugin create": ([], ["plugin", "create", "thing"], "phlo-thing/"),
    "import": ([], ["import", "compose", "compose.yaml", "--force"], "phlo.yaml"),
    "backup key": ([["up", "web"]], [*BACKUP, "web.tar.gz"], ".phlo/backup-key"),
    "backup": ([["up", "web"], [*BACKUP, "old.tar.gz"]], [*BACKUP, "web.tar.gz"], "volumes/data.tar"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_full_disk_leaves_every_file_whole(case: str, phlo: Phlo, tmp_path: Path) -> None:
    before, words, first = CASES[case]
    for one in before:
        assert (done := phlo(*one)).returncode == 0, done.stdout
    old = contents(tmp_path)
    left = []
    for at in range(1, MORE_THAN_THERE_ARE):
        done = phlo(*words, at=at)
        left.append(contents(tmp_path))
        if done.returncode == 0:
            break
        assert "No space left on device" in done.stdout
        assert "Traceback" not in done.stdout
        assert at > 1 or first in done.stdout, done.stdout
    assert done.returncode == 0, done.stdout
    assert len(left) > 1  # at least one write failed
    assert left[0] == old
    new = left[-1]
    for found in left:
        assert found.keys() >= old.keys()
        for name, data in found.items():
            # Secrets and salts are made at random, so a new file is known by its length.
            assert data == old.get(name) or len(data) == len(new[name]), name
