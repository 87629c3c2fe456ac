"""The no-op that users have: services whose roles have tasks, each of which has to look into its container."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.measure import CommandFailed, Sample
from tests.bench.rounds import Bench
from tests.bench.tools.compose import compose_service
from tests.bench.tools.tool import Argv, Tool
from tests.bench.tools.yaml_text import yaml_text
from tests.bench.workload import DATA, Workload, make_workload

SERVICES, TASKS, REPEATS = 5, 5, 3


@dataclass(slots=True, kw_only=True)
class RoleTasks:
    """What was measured of a project of roles with tasks: title -> samples."""

    samples: dict[str, list[Sample]] = field(default_factory=dict)
    failure: str = ""


def measure_role_tasks(bench: Bench, tool: Tool, *, rounds: int) -> RoleTasks:
    """Bring the project up, `rounds` times from nothing, and measure what finds nothing to do."""
    found = RoleTasks()
    phlo = tool.help[:-1]
    commands: Mapping[str, Argv] = {
        "no-op up": tool.up,
        "plan": (*phlo, "plan"),
        "services list": (*phlo, "services", "list"),
    }
    for number in range(rounds):
        with tempfile.TemporaryDirectory(dir=bench.scratch) as name:
            folder = Path(name)
            _write(folder, make_workload(tool.name, SERVICES), tool)
            try:
                bench.time(tool.up, folder, tool.setting)
                for _ in range(REPEATS):
                    for title, command in commands.items():
                        sample = bench.time(command, folder, tool.setting)
                        found.samples.setdefault(title, []).append(sample)
            except CommandFailed as reason:
                found.failure = str(reason)
            finally:
                bench.engine.clear()
        bench.say(f"round {number + 1}/{rounds}, {tool.title}: {SERVICES} services of roles with {TASKS} tasks each")
    return found


def _write(folder: Path, workload: Workload, tool: Tool) -> None:
    """A project whose services are roles of its own; each task makes a file, unless the container has it."""
    volumes = {service.volume: {} for service in workload.services}
    document = {"name": workload.project, "services": {"disabled": list(tool.others)}, "volumes": volumes}
    (folder / "phlo.yaml").write_text(yaml_text(document), encoding="utf-8")
    for service in workload.services:
        role = folder / "roles" / service.name
        (role / "tasks").mkdir(parents=True)
        body = compose_service(service, workload)
        described = {"name": service.name, "description": "measured", "category": "custom", "default": True}
        text = yaml_text({**described, "image": body.pop("image"), "compose": body})
        (role / "service.yaml").write_text(text, encoding="utf-8")
        (role / "tasks/main.yaml").write_text(json.dumps([_task(number) for number in range(TASKS)]), encoding="utf-8")


def _task(number: int) -> dict[str, object]:
    file = f"{DATA}/made-{number}"
    return {
        "name": f"file {number}",
        "exec": {"command": ["busybox", "touch", file], "unless": ["busybox", "test", "-e", file]},
    }
