"""Several hosts over SSH, each a real engine with storage of its own (`tests/hosts/bed.py`), by every tool."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.engine import BenchError
from tests.bench.measure import CommandFailed, Sample, measure
from tests.bench.rounds import SLOW_SECONDS
from tests.bench.tools.tool import Tool
from tests.bench.workload import IMAGE, make_workload
from tests.hosts.bed import Bed

COUNTS = (1, 3, 10, 20)
SERVICES = 5
FORKS = 20
BED_NUMBER = 90
COLD, NOOP, DOWN = "cold up", "no-op up", "down"
WORK = (COLD, NOOP, DOWN)
_NOOPS = 3
LONGEST_SECONDS = 300  # of a cold up, after which a tool is not asked for still more hosts


@dataclass(slots=True, kw_only=True)
class OverSSH:
    """Runs on `hosts` hosts: (kind of work, tool) -> samples. failures: tool -> why it has no more of them."""

    hosts: int
    samples: dict[tuple[str, str], list[Sample]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def measure_over_ssh(
    tools: Sequence[Tool],
    environment: Mapping[str, str],
    *,
    docker: str,
    rounds: int,
    counts: Sequence[int] = COUNTS,
    say: Callable[[str], None],
) -> list[OverSSH]:
    """Bring the services up on every number of hosts, look again, take them down; the tools take turns.

    docker: address of the engine that has the image. Raises BenchError without root, which the hosts need.
    """
    if os.geteuid():
        raise BenchError("the hosts of the case ssh need root. Leave it out with --cases.")
    found: list[OverSSH] = []
    tools = [tool for tool in tools if tool.remote]
    for count in counts:
        runs = OverSSH(hosts=count)
        with _bed(count, docker) as bed:
            for number in range(rounds):
                for tool in [*tools[number % len(tools) :], *tools[: number % len(tools)]]:
                    if tool.name in runs.failures or _is_too_slow(tool, found):
                        continue
                    _measure_life(runs, tool, bed, environment)
                    say(f"round {number + 1}/{rounds}, {tool.title}: {SERVICES} services on {count} hosts over SSH")
        found.append(runs)
    return found


def _is_too_slow(tool: Tool, found: Sequence[OverSSH]) -> bool:
    """Whether a tool took so long on fewer hosts that more would tell nothing new."""
    return any(sample.seconds > LONGEST_SECONDS for runs in found for sample in runs.samples.get((COLD, tool.name), ()))


@contextmanager
def _bed(count: int, docker: str) -> Iterator[Bed]:
    """Hosts that have the image."""
    bed = Bed(number=BED_NUMBER, count=count)
    try:
        bed.up()
        archive = bed.folder / "image.tar"
        subprocess.run(["docker", "--host", docker, "save", "--output", str(archive), IMAGE], check=True)
        for host in bed.hosts:
            bed.run(host.name, "docker", "load", "--input", str(archive))
        yield bed
    finally:
        bed.down()


def _measure_life(runs: OverSSH, tool: Tool, bed: Bed, environment: Mapping[str, str]) -> None:
    remote = tool.remote
    assert remote, "a tool that knows but one host is not asked"
    workload = make_workload(tool.name, SERVICES)
    with tempfile.TemporaryDirectory(prefix="phlo-ssh-") as name:
        folder = Path(name)
        for path, text in remote.files(workload, bed).items():
            (folder / path).write_text(text, encoding="utf-8")
        try:
            for work in (COLD, *[NOOP] * _NOOPS, DOWN):
                samples = runs.samples.setdefault((work, tool.name), [])
                if work == NOOP and samples and samples[-1].seconds > SLOW_SECONDS:
                    continue
                command = remote.down if work == DOWN else remote.up
                samples.append(measure(command, folder=folder, environment={**environment, **tool.setting}))
                _check(bed, workload.project, 0 if work == DOWN else SERVICES)
        except CommandFailed as reason:
            runs.failures[tool.name] = str(reason)


def _check(bed: Bed, project: str, count: int) -> None:
    """Raise CommandFailed unless every host has so many of the project's containers, and all of them run."""
    for host in bed.hosts:
        listed = bed.run(host.name, "docker", "ps", "--quiet", "--filter", f"label=bench.project={project}")
        if len(listed.split()) != count:
            raise CommandFailed(f"{host.name} has {len(listed.split())} of {count} containers")
