"""What plans ask an orchestrator: the steps of services that it runs, and what of them cannot go together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

from phlo.config.project import Project, ResolvedService
from phlo.errors import PlanError
from phlo.hosts.live import Kept
from phlo.operations import image
from phlo.operations.hook import AroundStop
from phlo.operations.protection import Protection
from phlo.orchestrators import load
from phlo.plan.options import Options
from phlo.plan.port_claims import PortClaim
from phlo.values import Step

Work = tuple[str, Any]  # an operation and its arguments


class Orchestrator(Protocol):
    """What an orchestrator's module `steps` has. Steps are on a cluster's manager, unless they are for each node."""

    def up_steps(
        self,
        project: Project,
        services: Sequence[ResolvedService],
        manager: str,
        options: Options,
        image_of: Callable[[ResolvedService], image.Args],
    ) -> Iterator[Step]:
        """The steps of `up` in one cluster."""

    def orphans_step(
        self, project: Project, services: Sequence[ResolvedService], manager: str, *, is_removed: bool
    ) -> Step:
        """What is done about services of the project that the configuration no longer has."""

    def power_steps(
        self,
        project: str,
        manager: str,
        service: str,
        state: str,
        replicas: int,
        cause: str,
        around_stop: AroundStop,
        after: tuple[str, ...],
    ) -> Iterator[Step]:
        """The steps of `start`, `stop` and `restart` for a service."""

    def down_steps(
        self,
        project: str,
        manager: str,
        nodes: Collection[str],
        dependencies: Mapping[str, Collection[str]],
        *,
        with_volumes: bool,
        hooks: Mapping[str, AroundStop],
        protection: Protection,
    ) -> Iterator[Step]:
        """The steps of `down` in one cluster. hooks: service -> the hooks around its stops."""

    def rollback_work(
        self, one: Kept, timeout_seconds: float, around_stop: AroundStop, cause: str
    ) -> tuple[Work, Work]:
        """What puts the version before back, and the gate of that."""

    def port_claims(self, service: ResolvedService) -> Iterator[tuple[str, str, PortClaim]]:
        """The protocol, the port and the claim of each port that a service publishes."""

    def conflicts(self, service: ResolvedService) -> Iterator[PlanError]:
        """What a service asks for and cannot have on as many nodes as there are."""


def orchestrator_of(name: str) -> Orchestrator:
    """The orchestrator called `name`."""
    found: Orchestrator = load(name, "steps")
    return found
