"""A cold `up` beside the longest way through its own graph: what no tool that keeps the order could be quicker than."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from phlo.config.resolve import resolve
from phlo.discovery import discover_services
from phlo.execute.history import read_run, run_ids
from phlo.inventory import Inventory
from phlo.plan import build
from phlo.report.timing import critical_path, timings
from tests.bench.measure import CommandFailed, Sample
from tests.bench.rounds import Bench
from tests.bench.tools.compose import compose_service
from tests.bench.tools.phlo import project_text
from tests.bench.tools.tool import Tool
from tests.bench.workload import make_workload

# Title -> for each service those it waits for, by number.
SHAPES: Mapping[str, tuple[tuple[int, ...], ...]] = {
    "chain of 5": ((), (1,), (2,), (3,), (4,)),
    "diamond of 5": ((), (1,), (1,), (1,), (2, 3, 4)),
    "two diamonds, 9": ((), (1,), (1,), (1,), (2, 3, 4), (5,), (5,), (5,), (6, 7, 8)),
}


@dataclass(slots=True, kw_only=True)
class ColdPath:
    """The cold runs of one shape. critical: seconds of each run's critical path, as its own events have it."""

    title: str
    samples: list[Sample] = field(default_factory=list)
    critical: list[float] = field(default_factory=list)
    failure: str = ""


def measure_paths(bench: Bench, tool: Tool, *, rounds: int) -> list[ColdPath]:
    """Bring each shape up `rounds` times from nothing."""
    found = {title: ColdPath(title=title) for title in SHAPES}
    for number in range(rounds):
        for title, shape in SHAPES.items():
            try:
                sample, critical = _cold(bench, tool, shape)
            except CommandFailed as reason:
                found[title].failure = str(reason)
            else:
                found[title].samples.append(sample)
                found[title].critical.append(critical)
            bench.say(f"round {number + 1}/{rounds}, {tool.title}: {title}, against its critical path")
    return list(found.values())


def _cold(bench: Bench, tool: Tool, shape: tuple[tuple[int, ...], ...]) -> tuple[Sample, float]:
    workload = dataclasses.replace(make_workload(tool.name, len(shape)), is_chain=True)
    bodies = {}
    for service, needs in zip(workload.services, shape, strict=True):
        conditions = {workload.services[need - 1].name: {"condition": "service_healthy"} for need in needs}
        bodies[service.name] = {**compose_service(service, workload), "depends_on": conditions}
    with tempfile.TemporaryDirectory(dir=bench.scratch) as name:
        folder = Path(name)
        (folder / "phlo.yaml").write_text(project_text(workload, bodies, others=tool.others), encoding="utf-8")
        try:
            sample = bench.time(tool.up, folder, tool.setting)
        finally:
            bench.engine.clear()
        return sample, _critical_seconds(folder, bench.environment)


def _critical_seconds(folder: Path, environment: Mapping[str, str]) -> float:
    """How long the critical path of the only run in a folder took."""
    project = resolve(discover_services(folder), Inventory(), root=folder, environ=environment)
    (run,) = run_ids(folder)
    path = critical_path(build(project).steps, timings(read_run(folder, run)))
    return sum(step.seconds for step in path)
