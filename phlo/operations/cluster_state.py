"""What an orchestrator's cluster has of a project's services now."""

from __future__ import annotations

from typing import Protocol

from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.live import Kept
from phlo.orchestrators import load


class ClusterState(Protocol):
    """What an orchestrator's package `operations` has, besides the operations."""

    def hosts_of(self, manager: EngineReader, project: str, service: str) -> tuple[str, ...]:
        """The hosts on which a service runs, by their names in the inventory, each once."""

    def kept_services(self, manager: EngineReader, project: str, *, host: str) -> list[Kept]:
        """The services of a project of which the version before is kept. host: the manager's name."""


def state_of(orchestrator: str) -> ClusterState:
    """The state of an orchestrator's cluster."""
    state: ClusterState = load(orchestrator, "operations")
    return state
