"""One-off containers on a real engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from phlo.hosts.engine import Engine

Phlo = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def platform(folder: Path, project: str, tiny: str, phlo: Phlo) -> Iterator[str]:
    """A project with a service `db` that `web` depends on, both not started."""
    (folder / "token.txt").write_text("s3cret-token")
    (folder / "phlo.yaml").write_text(
        f"""\
name: {project}
services:
  defaults: false
  db: {{type: inline, image: {tiny}, init: true}}
  web:
    type: inline
    image: {tiny}
    init: true
    environment: {{MODE: web}}
    secrets: [token]
    volumes: ["data:/data"]
    depends_on: [db]
secrets:
  token: {{file: ./token.txt}}
"""
    )
    yield project
    phlo("down", "--volumes", "--yes", "-t", "0")


def containers(engine: Engine, project: str) -> dict[str, Any]:
    listed = engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={project}"]})
    return {entry["Names"][0].removeprefix(f"/{project}-"): entry for entry in listed}


def run_once(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "phlo", "run-once", "--quiet", *words],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_the_command_gets_the_services_settings_and_leaves_nothing(platform: str, engine: Engine, phlo: Phlo) -> None:
    script = "cat /run/secrets/token; echo $MODE $MORE >/data/seen; echo to-stderr >&2; exit 7"
    done = phlo("run-once", "-e", "MORE=x", "-e", "MODE=job", "web", "sh", "-c", script, code=7)
    assert done.stdout == "s3cret-token"
    assert "to-stderr" in done.stderr
    assert {name: entry["State"] for name, entry in containers(engine, platform).items()} == {"db-1": "running"}
    assert phlo("run-once", "--no-deps", "web", "cat", "/data/seen").stdout == "job x\n"
    assert phlo("run-once", "web", "--", "echo", "--help").stdout == "--help\n"


def test_input_of_any_size_reaches_the_command(platform: str, folder: Path) -> None:
    data = os.urandom(1 << 20) * 8
    with run_once(folder, "--no-deps", "web", "cat") as running:
        output, _ = running.communicate(data)
    assert (running.returncode, output == data) == (0, True)


def test_a_one_off_container_that_is_in_use_stays_and_one_of_a_killed_phlo_goes(
    platform: str, folder: Path, engine: Engine, phlo: Phlo
) -> None:
    phlo("up", "--quiet")
    with run_once(folder, "--name", f"{platform}-once", "web", "sh", "-c", "echo up; sleep 600") as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"up\n"
        phlo("up", "--quiet")
        assert set(containers(engine, platform)) == {"db-1", "web-1", "once"}
        assert "once" not in phlo("ps").stdout
        assert phlo("plan", "--detailed-exitcode").returncode == 0
        running.send_signal(signal.SIGKILL)
        running.wait()
        phlo("up", "--quiet")
        assert set(containers(engine, platform)) == {"db-1", "web-1"}


def test_scale_and_exclude_are_for_one_run(platform: str, engine: Engine, phlo: Phlo) -> None:
    phlo("up", "--quiet", "--exclude", "db", "--scale", "web=2")
    assert set(containers(engine, platform)) == {"web-1", "web-2"}
    phlo("up", "--quiet")
    assert set(containers(engine, platform)) == {"db-1", "web-1"}
