"""A host whose link is cut in the middle of a run: the others converge, and later its part alone is done."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.hosts.bed import Bed
from tests.hosts.conftest import Phlo

PROJECT = """
name: {name}
services:
  defaults: false
  first:
    type: inline
    image: {image}
    hosts: [all]
    healthcheck: {{test: [CMD, test, -e, /tmp/go], interval: 1s, retries: 1000}}
  second:
    type: inline
    image: {image}
    hosts: [all]
    depends_on: [first]
"""
DEADLINE_SECONDS = 120


def test_a_host_that_is_cut_off_in_the_middle_fails_alone_and_is_finished_later(
    phlo: Phlo, bed: Bed, folder: Path, project: str, tiny: str
) -> None:
    (folder / "phlo.yaml").write_text(PROJECT.format(name=project, image=tiny))

    def containers(host: str) -> list[str]:
        mine = f"docker ps --filter label=phlo.project={project} --filter label=phlo.service"
        return sorted(bed.run(host, f"{mine} --format '{{{{.Names}}}} {{{{.ID}}}}'").splitlines())

    def let_go(host: str) -> None:
        bed.run(host, f"docker exec {project}-first-1 touch /tmp/go")

    with ThreadPoolExecutor(max_workers=1) as background:
        running = background.submit(phlo, "up", code=4)
        for host in bed.hosts:
            until(lambda name=host.name: len(containers(name)) == 1)  # type: ignore[misc]
        bed.cut("data-2")
        try:
            for name in ("data-1", "data-3"):
                let_go(name)
            told = running.result().stderr
            before = {name: containers(name) for name in ("data-1", "data-3")}
        finally:
            bed.restore("data-2")
    assert "✗ data-2" in told
    assert {name: [line.split()[0] for line in found] for name, found in before.items()} == {
        name: [f"{project}-first-1", f"{project}-second-1"] for name in before
    }
    until(lambda: len(containers("data-2")) == 1)
    let_go("data-2")
    phlo("up", "--limit", "@failed")
    assert [line.split()[0] for line in containers("data-2")] == [f"{project}-first-1", f"{project}-second-1"]
    assert {name: containers(name) for name in before} == before
    assert "Nothing to do" in phlo("up").stderr


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        try:
            if is_so():
                return
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):  # its SSH server is not back yet
            pass
        assert time.monotonic() < deadline, "the host is not as it should be, or does not answer over SSH"
        time.sleep(0.3)
