"""Signals and closed outputs, on a real engine: whatever ends a command early, nothing is left half-done."""

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
from phlo.hosts.lock import lock_name, read_holder, release

# The service is healthy once somebody puts a file into the folder: an `up` waits for as long as a test wants.
PROJECT = """
name: {name}
services:
  web:
    type: inline
    image: {image}
    volumes: ["./gate:/gate"]
    stop_grace_period: 1s
    healthcheck: {{test: ["CMD", "test", "-f", "/gate/open"], interval: 1s, retries: 1000}}
"""
SLOW_SECONDS = 120
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    (tmp_path / "gate").mkdir()
    installed = [service.name for service in ServiceDiscovery().get_default_services()]
    switched_off = "".join(f"  {name}: {{enabled: false}}\n" for name in installed)
    (tmp_path / "phlo.yaml").write_text(PROJECT.format(name=project, image=tiny) + switched_off)
    return tmp_path


@pytest.fixture
def start(folder: Path, engine: Engine, project: str) -> Iterator[Start]:
    """Starts phlo as a shell does: with the signals as they are by default, unless `ignored` says otherwise."""
    started = []

    def call(*words: str, ignored: int | None = None) -> subprocess.Popen[str]:
        def as_in_a_shell() -> None:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN if number == ignored else signal.SIG_DFL)

        process = subprocess.Popen(
            [sys.executable, "-m", "phlo", *words],
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=as_in_a_shell,
        )
        started.append(process)
        return process

    yield call
    for process in started:
        process.kill()
        process.communicate()
    release(engine, lock_name(project))


def until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + SLOW_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"not so within {SLOW_SECONDS} s"
        time.sleep(0.05)


def runs(engine: Engine, project: str) -> bool:
    found = engine.get_or_none(f"/containers/{project}-web-1/json")
    return found is not None and bool(found["State"]["Running"])


def names(engine: Engine, project: str) -> list[str]:
    listed = engine.get("/containers/json", all=True, filters={"label": [f"phlo.project={project}"]})
    return sorted(name[1:] for entry in listed for name in entry["Names"])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_an_up_with_its_code_and_releases_the_lock(
    number: int, code: int, start: Start, engine: Engine, project: str, folder: Path
) -> None:
    up = start("up")
    until(lambda: runs(engine, project))

    up.send_signal(number)
    _, err = up.communicate(timeout=SLOW_SECONDS)

    assert up.returncode == code, err
    assert read_holder(engine, project) is None
    assert names(engine, project) == [f"{project}-web-1"]
    history = start("history", "--json")
    assert json.loads(history.communicate()[0])[0]["result"] == "interrupted"


def test_an_ignored_hang_up_stays_ignored_as_with_nohup(
    start: Start, engine: Engine, project: str, folder: Path
) -> None:
    up = start("up", ignored=signal.SIGHUP)
    until(lambda: runs(engine, project))

    up.send_signal(signal.SIGHUP)
    (folder / "gate" / "open").touch()

    assert up.wait(timeout=SLOW_SECONDS) == 0


PLAY = """
- hosts: all
  tasks:
    - {name: first, command: touch first}
    - {name: wait, pause: {seconds: %s}}
    - {name: last, command: touch last}
"""


def test_a_signal_ends_a_play_before_its_next_task(start: Start, engine: Engine, project: str, folder: Path) -> None:
    (folder / "site.yaml").write_text(PLAY % 600)
    play = start("run", "play", "site.yaml")
    until((folder / "first").exists)

    play.send_signal(signal.SIGTERM)

    assert play.wait(timeout=SLOW_SECONDS) == 143
    assert not (folder / "last").exists()
    assert read_holder(engine, project) is None


def test_a_reader_that_goes_away_does_not_stop_a_play_half_way(start: Start, folder: Path) -> None:
    (folder / "site.yaml").write_text(PLAY % 1)
    play = start("run", "play", "--output", "json", "site.yaml")
    assert play.stdout is not None
    play.stdout.readline()
    play.stdout.close()  # as `head -1` does

    assert play.wait(timeout=SLOW_SECONDS) == 0
    assert (folder / "last").exists()


def test_following_logs_ends_with_the_code_of_the_signal(
    start: Start, engine: Engine, project: str, folder: Path
) -> None:
    (folder / "gate" / "open").touch()
    assert start("up").wait(timeout=SLOW_SECONDS) == 0
    engine.exec(f"{project}-web-1", ["sh", "-c", "echo hello > /proc/1/fd/1"])
    logs = start("logs", "-f")
    assert logs.stdout is not None
    assert "hello" in logs.stdout.readline()

    logs.send_signal(signal.SIGTERM)

    assert logs.wait(timeout=SLOW_SECONDS) == 143
