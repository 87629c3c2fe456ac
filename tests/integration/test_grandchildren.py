"""What programs of the user start ends with phlo: after one signal, and after a second one that ends phlo at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phlo.hosts.engine import Engine
from phlo.hosts.lock import lock_name, read_holder, release

SLOW_SECONDS = 60
# The program and its child ignore SIGTERM, as a database's dump may do while it writes.
SCRIPT = """#!/bin/sh
trap '' TERM
sleep 600 &
echo $! > child.new
mv child.new child
wait
"""
PROJECT = "name: {name}\nservices:\n  defaults: false\n  web: {{type: inline, image: {image}{more}}}\n"
PLAY = "- {hosts: all, tasks: [{command: ./program.sh}, {command: touch last}]}\n"
# What is added to the service, what is added to the project, and the words of the command.
CASES = {
    "hook": (", hooks: {pre_start: [{name: long, command: ./program.sh}]}", "", ["up"]),
    "command": ("", "", ["run", "play", "site.yaml"]),
    "secret source": (", environment: {A: '${KEY}'}", "secret_sources: {KEY: {command: [./program.sh]}}\n", ["up"]),
    "inventory": ("", "", ["up", "--inventory", "program.sh"]),
}
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path, engine: Engine, project: str, tiny: str) -> Iterator[Start]:
    """Starts phlo with one of the cases and waits until the program has its child."""
    (tmp_path / "program.sh").write_text(SCRIPT)
    (tmp_path / "program.sh").chmod(0o755)
    (tmp_path / "site.yaml").write_text(PLAY)
    started = []

    def call(of_service: str, of_project: str, words: list[str]) -> subprocess.Popen[str]:
        (tmp_path / "phlo.yaml").write_text(PROJECT.format(name=project, image=tiny, more=of_service) + of_project)
        phlo = subprocess.Popen(
            [sys.executable, "-m", "phlo", *words],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(phlo)
        deadline = time.monotonic() + SLOW_SECONDS
        while not (tmp_path / "child").exists():
            assert phlo.poll() is None, phlo.communicate()[0]
            assert time.monotonic() < deadline, "no program of phlo has started a child"
            time.sleep(0.05)
        return phlo

    yield call
    for phlo in started:
        phlo.kill()
        phlo.communicate()
    if (tmp_path / "child").exists() and is_running(child := int((tmp_path / "child").read_text())):
        os.killpg(os.getpgid(child), signal.SIGKILL)
    release(engine, lock_name(project))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("case", CASES)
def test_a_signal_ends_a_program_with_what_it_started(
    case: str, start: Start, tmp_path: Path, engine: Engine, project: str
) -> None:
    phlo = start(*CASES[case])

    phlo.send_signal(signal.SIGTERM)
    out, _ = phlo.communicate(timeout=SLOW_SECONDS)

    assert phlo.returncode == 143, out
    assert not is_running(int((tmp_path / "child").read_text()))
    assert not (tmp_path / "last").exists()
    assert read_holder(engine, project) is None


@pytest.mark.parametrize("case", CASES)
def test_a_second_signal_ends_a_program_with_what_it_started(case: str, start: Start, tmp_path: Path) -> None:
    phlo = start(*CASES[case])

    phlo.send_signal(signal.SIGTERM)
    while phlo.poll() is None:  # the first signal is taken at some time, a further one ends phlo at once
        phlo.send_signal(signal.SIGTERM)
        time.sleep(0.1)

    assert phlo.returncode == 143, phlo.communicate()[0]
    assert not is_running(int((tmp_path / "child").read_text()))
    assert not (tmp_path / "last").exists()


def test_a_signal_ends_the_delay_before_a_hook(start: Start, tmp_path: Path) -> None:
    hooks = "[{name: first, command: touch child}, {name: late, delay: 600, command: touch last}]"
    phlo = start(f", hooks: {{pre_start: {hooks}}}", "", ["up"])
    (tmp_path / "child").unlink()

    phlo.send_signal(signal.SIGTERM)

    assert phlo.wait(timeout=SLOW_SECONDS) == 143
    assert not (tmp_path / "last").exists()
