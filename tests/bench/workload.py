"""What every tool is asked to bring up: the same containers, described once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

IMAGE = "phlo/bench-busybox:1"
PREFIX = "phlo-bench"
LABEL_PROJECT = "bench.project"
LABEL_SERVICE = "bench.service"
MEMORY_BYTES = 32 * 1024 * 1024
MEMORY = "32m"
RESTART = "unless-stopped"
STOP_SECONDS = 1
DATA = "/data"
HEALTH_TEST = ("CMD", "/bin/busybox", "true")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One container. after: the service whose health it waits for. is_changed: not as it was first brought up."""

    name: str
    environment: Mapping[str, str]
    labels: Mapping[str, str]
    volume: str
    after: str | None = None
    is_changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """The containers of one project. is_chain: each has a health check and starts when the one before is healthy."""

    project: str
    services: tuple[Service, ...]
    is_chain: bool = False

    def changed(self) -> Workload:
        """The same workload with one variable of the middle service changed."""
        middle = len(self.services) // 2
        service = self.services[middle]
        new = dataclasses.replace(service, environment={**service.environment, "REVISION": "2"}, is_changed=True)
        return dataclasses.replace(self, services=(*self.services[:middle], new, *self.services[middle + 1 :]))


def make_workload(tool: str, count: int, *, is_chain: bool = False) -> Workload:
    """`count` services for one tool; only the project's name differs between tools."""
    project = f"{PREFIX}-{tool}"
    names = [f"s{number:02}" for number in range(1, count + 1)]
    services = [
        Service(
            name=name,
            environment={"SERVICE": name, "REVISION": "1", "GREETING": "good morning"},
            labels={LABEL_PROJECT: project, LABEL_SERVICE: name},
            volume=f"{name}-data",
            after=before if is_chain else None,
        )
        for before, name in zip([None, *names], names, strict=False)
    ]
    return Workload(project=project, services=tuple(services), is_chain=is_chain)
