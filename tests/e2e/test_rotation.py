"""examples/rotation: a database and its client get another password, and the old one opens nothing any more."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, free_ports

Phlo = Callable[..., str]


@pytest.fixture
def name() -> str:
    return f"rotation-{uuid.uuid4().hex[:6]}"


@pytest.fixture
def phlo(tmp_path: Path, name: str) -> Iterator[Phlo]:
    """Runs phlo in a copy of the example that stands beside any other; gives what it prints."""
    folder = tmp_path / "rotation"
    shutil.copytree(ROOT / "examples" / "rotation", folder, ignore=shutil.ignore_patterns(".phlo"))
    text = (folder / "phlo.yaml").read_text()
    text = re.sub(r"^name: .*$", f"name: {name}", text, flags=re.MULTILINE)
    (folder / "phlo.yaml").write_text(re.sub(r"port: \d+", f"port: {free_ports(1)[0]}", text))

    def call(*words: str) -> str:
        argv = [sys.executable, "-m", "phlo", *words]
        environment = {**os.environ, "NO_COLOR": "1"}
        done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    yield call
    call("down", "--volumes", "--yes")
    made = subprocess.run(["docker", "images", "--quiet", f"{name}/client"], capture_output=True, text=True, check=True)
    subprocess.run(["docker", "rmi", "--force", *made.stdout.split()], capture_output=True, check=True)


def is_let_in(container: str, password: str) -> bool:
    """Whether the database takes a password over the network."""
    script = 'psql -w -h "$(hostname -i)" -U phlo -d phlo -c "select 1"'
    argv = ["docker", "exec", "-e", "PGPASSWORD", container, "sh", "-c", script]
    return subprocess.run(argv, env={**os.environ, "PGPASSWORD": password}, capture_output=True).returncode == 0


def test_only_the_new_password_opens_the_database_and_its_client_works_on(phlo: Phlo, name: str) -> None:
    phlo("up")
    old = phlo("secrets", "get", "POSTGRES_PASSWORD").strip()
    assert "Services that use it: client, postgres." in phlo("secrets", "rotate", "POSTGRES_PASSWORD")
    new = phlo("secrets", "get", "POSTGRES_PASSWORD").strip()
    assert [is_let_in(f"{name}-postgres-1", password) for password in (old, new)] == [False, True]
    assert "Nothing to do" in phlo("up")
