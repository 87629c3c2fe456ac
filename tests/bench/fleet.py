"""A project of ten services on many hosts, each an engine that only remembers (`fake_engine.py`)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.measure import CommandFailed, Sample, measure
from tests.bench.tools.tool import Tool
from tests.bench.tools.yaml_text import yaml_text

LATENCY_SECONDS = 0.02
IMAGE = "example/service:1"
SERVICES = 10
FORKS = 200
COUNTS = (100, 300, 1000)
WORK = ("cold up", "no-op up", "plan")
_ENGINE = Path(__file__).with_name("fake_engine.py")


@contextmanager
def engines(folder: Path, count: int, *, latency_seconds: float = LATENCY_SECONDS) -> Iterator[None]:
    """`count` engines that listen at `folder`/1.sock and so on, until the block ends."""
    command = [sys.executable, "-I", "-S", str(_ENGINE), str(folder), str(count), str(latency_seconds), IMAGE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the fake engines did not start")
        yield
        process.stdin.close()


def write_project(
    folder: Path, sockets: Path, count: int, *, services: int = SERVICES, others: Sequence[str] = ()
) -> list[str]:
    """A phlo.yaml and an inventory in `folder`; gives the arguments that `up` and `plan` need for them.

    others: services of installed packages, which are to stay away.
    """
    names = [f"s{number:02}" for number in range(1, services + 1)]
    bodies = {
        name: {
            "type": "inline",
            "image": IMAGE,
            "hosts": ["all"],
            "environment": {"SERVICE": name, "REGION": "${region}", "GREETING": "good morning"},
            "labels": {"tier": "test"},
            "volumes": [f"{name}-data:/data"],
            "mem_limit": "32m",
            "restart": "unless-stopped",
        }
        for name in names
    }
    away = {"disabled": list(others)} if others else {}
    project = {"name": "fleet", "services": {**away, **bodies}, "volumes": {f"{name}-data": {} for name in names}}
    (folder / "phlo.yaml").write_text(yaml_text(project), encoding="utf-8")
    hosts = {
        f"host-{number:04}": {"docker_host": f"unix://{sockets}/{number}.sock", "rack": number % 40}
        for number in range(1, count + 1)
    }
    regions = {
        f"region-{index}": {"hosts": dict.fromkeys(list(hosts)[index::4]), "vars": {"region": f"r{index}"}}
        for index in range(4)
    }
    inventory = {"all": {"hosts": hosts, "children": regions}}
    (folder / "hosts.yaml").write_text(yaml_text(inventory), encoding="utf-8")
    return ["-i", "hosts.yaml"]


@dataclass(slots=True, kw_only=True)
class Fleet:
    """Runs on `hosts` engines: kind of work -> samples."""

    hosts: int
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    failure: str = ""


def measure_fleets(tool: Tool, environment: Mapping[str, str], *, rounds: int) -> list[Fleet]:
    """Cold up, no-op up and plan on every number of hosts; each round begins with empty engines."""
    found = [Fleet(hosts=count) for count in COUNTS]
    for _ in range(rounds):
        for fleet in found:
            try:
                _measure_round(fleet, tool, environment)
            except CommandFailed as reason:
                fleet.failure = str(reason)
    return found


def _measure_round(fleet: Fleet, tool: Tool, environment: Mapping[str, str]) -> None:
    # Short, since the path of a Unix socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="fleet-") as name, engines(Path(name), fleet.hosts):
        folder = Path(name)
        arguments = write_project(folder, folder, fleet.hosts, others=tool.others)
        phlo = tool.up[: tool.up.index("run")]
        for work in WORK:
            verb = "plan" if work == "plan" else "up"
            command = (*phlo, verb, "--quiet", "--forks", str(FORKS), *arguments)
            sample = measure(command, folder=folder, environment={**environment, **tool.setting})
            fleet.samples.setdefault(work, []).append(sample)
