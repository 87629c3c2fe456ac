"""`phlo run watch` on a real engine: services follow files, and Ctrl-C ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phlo.discovery import ServiceDiscovery
from phlo.hosts.engine import Engine
from tests.integration.conftest import Phlo

PROJECT = """
name: {name}
services:
  disabled: {disabled}
  web:
    type: inline
    build: ./web
    command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]
    stop_grace_period: 1s
    develop:
      watch:
        - {{action: sync, path: ./src, target: /app/src, ignore: ["*.tmp"], initial_sync: true}}
        - {{action: sync+restart, path: ./conf.txt, target: /app/conf.txt}}
        - {{action: sync+exec, path: ./page, target: /app/page, exec: {{command: [sh, -c, "echo ran > /app/ran"]}}}}
        - {{action: rebuild, path: ./web}}
"""
SLOW_SECONDS = 120


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    disabled = json.dumps([service.name for service in ServiceDiscovery().get_default_services()])
    (tmp_path / "phlo.yaml").write_text(PROJECT.format(name=project, disabled=disabled))
    for name, text in (("src/a.txt", "one"), ("page/p.txt", "one"), ("conf.txt", "one")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "Dockerfile").write_text(f"FROM {tiny}\nRUN mkdir /app && echo 1 > /app/version\n")
    return tmp_path


@pytest.fixture
def watching(folder: Path, phlo: Phlo, engine: Engine, project: str) -> Iterator[subprocess.Popen[bytes]]:
    """A watch that is under way; its output goes to a file."""
    with (folder / "watch.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "phlo", "run", "watch"],
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually(lambda: "Watching 4 paths for web" in said(folder), folder)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        phlo("run", "down", "--volumes", "--yes")
        for image in engine.get("/images/json", filters={"reference": [f"{project}/web"]}):
            engine.delete(f"/images/{image['Id']}", force=True)


def said(folder: Path) -> str:
    return (folder / "watch.log").read_text()


def eventually(holds: Callable[[], bool], folder: Path) -> None:
    deadline = time.monotonic() + SLOW_SECONDS
    while not holds():
        assert time.monotonic() < deadline, said(folder)
        time.sleep(0.1)


def test_services_follow_files_and_ctrl_c_ends_it(
    watching: subprocess.Popen[bytes], folder: Path, engine: Engine, project: str
) -> None:
    container = f"{project}-web-1"

    def inside(path: str) -> str:
        done = subprocess.run(["docker", "exec", container, "cat", path], capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else "(none)"

    def started() -> str:
        return str(engine.get(f"/containers/{container}/json")["State"]["StartedAt"])

    assert inside("/app/src/a.txt") == "one"  # initial_sync
    assert inside("/app/conf.txt") == "(none)"

    (folder / "src" / "ignored.tmp").write_text("x")
    (folder / "src" / "new").mkdir()
    (folder / "src" / "new" / "b.txt").write_text("two")
    eventually(lambda: inside("/app/src/new/b.txt") == "two", folder)
    assert inside("/app/src/ignored.tmp") == "(none)"

    (folder / "src" / "a.txt").unlink()
    eventually(lambda: inside("/app/src/a.txt") == "(none)", folder)

    (folder / "page" / "p.txt").write_text("two")
    eventually(lambda: inside("/app/ran") == "ran\n", folder)
    assert inside("/app/page/p.txt") == "two"

    before = started()
    (folder / "conf.txt").write_text("two")
    eventually(lambda: started() != before and inside("/app/conf.txt") == "two", folder)

    (folder / "web" / "Dockerfile").write_text((folder / "web" / "Dockerfile").read_text().replace("1 >", "2 >"))
    eventually(lambda: inside("/app/version") == "2\n", folder)
    eventually(lambda: inside("/app/src/new/b.txt") == "two", folder)  # the new container has the files, too

    watching.send_signal(signal.SIGINT)
    assert watching.wait(timeout=SLOW_SECONDS) == 130
    assert "Stopped watching" in said(folder)
    assert "Traceback" not in said(folder)
    assert engine.get(f"/containers/{container}/json")["State"]["Running"]


def test_without_rules_it_says_what_to_write(phlo: Phlo, folder: Path) -> None:
    text = (folder / "phlo.yaml").read_text()
    (folder / "phlo.yaml").write_text(text.replace("develop:", "x-develop:"))
    assert "no service says what to watch" in phlo("run", "watch", code=3).stderr


def test_a_path_that_is_not_there_is_an_error_before_anything_starts(
    phlo: Phlo, folder: Path, engine: Engine, project: str
) -> None:
    (folder / "conf.txt").unlink()
    assert "develop.watch[1] of web: there is no " in phlo("run", "watch", code=3).stderr
    assert not engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={project}"]})
