"""Endless lines and outputs of a real container, read by a phlo that may use little memory."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

# The address space that phlo may use; the logs and outputs are larger.
MOST_BYTES = 300 << 20

PROJECT = """
name: {name}
services:
  web:
    type: inline
    image: {image}
    command: {command}
    stop_grace_period: 1s
"""


def limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))


class Site:
    """A project whose service runs a script, and phlo with little memory."""

    def __init__(self, folder: Path, project: str, image: str) -> None:
        self.folder = folder
        self.project = project
        self.image = image

    def up(self, script: str, more: str = "") -> None:
        command = json.dumps(["sh", "-c", f"trap 'exit 0' TERM; {script}; while :; do sleep 1 & wait; done"])
        text = PROJECT.format(name=self.project, image=self.image, command=command) + more
        (self.folder / "phlo.yaml").write_text(text)
        self.phlo("up", "web")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "phlo", *words],
            cwd=self.folder,
            env={**os.environ, "NO_COLOR": "1", "MALLOC_ARENA_MAX": "2"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=limit_memory,
        )

    def phlo(self, *words: str, code: int = 0) -> bytes:
        process = self.start(*words)
        out, err = process.communicate(timeout=300)
        assert process.returncode == code, (out[-2000:] + err[-2000:]).decode(errors="replace")
        return out + err


@pytest.fixture
def site(tmp_path: Path, project: str, tiny: str) -> Site:
    return Site(tmp_path, project, tiny)


def test_a_line_of_many_megabytes_in_a_log_is_shown_cut(site: Site) -> None:
    script = "head -c 48000000 /dev/zero | tr '\\000' x; echo; echo after; exit 0"
    site.up(script, "    one_shot: true\n")

    told = site.phlo("logs", "web")

    assert b"bytes of this line]\nafter\n" in told
    assert len(told) < 2_000_000


def test_a_flood_of_lines_is_followed_in_little_memory_and_ends_with_ctrl_c(site: Site) -> None:
    site.up("yes $(head -c 4000 /dev/zero | tr '\\000' x)")
    process = site.start("logs", "--follow", "web")
    assert process.stdout is not None

    read = 0
    while read < 20_000_000:
        read += len(process.stdout.read1(1 << 20))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130, err[-2000:]
    assert b"MemoryError" not in err


PLAY = """
- hosts: all
  tasks:
    - {name: endless, register: found, COMMAND}
    - name: check
      assert:
        that: found.truncated and found.rc == 0 and found.stdout | length < 9000000
"""


@pytest.mark.parametrize(
    "command",
    [
        "exec: {service: web, command: [sh, -c, 'head -c 150000000 /dev/zero']}",
        "command: {command: [sh, -c, 'head -c 150000000 /dev/zero']}",
        "run: {service: web, command: [sh, -c, 'head -c 9000000 /dev/zero | tr \\\\000 x']}",
    ],
    ids=["exec", "command", "run"],
)
def test_of_an_output_without_end_register_keeps_a_part_and_says_so(site: Site, command: str) -> None:
    site.up("true")
    (site.folder / "play.yaml").write_text(PLAY.replace("COMMAND", command))

    site.phlo("play", "play.yaml")


def test_a_health_check_that_prints_without_end_does_not_fill_the_memory(site: Site) -> None:
    check = '    healthcheck: {test: ["CMD-SHELL", "head -c 70000000 /dev/zero"], interval: 60s}\n'

    site.up("true", check)
