"""Services in clusters: where each may run, and what the orchestrator of a cluster says about a service."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from phlo.compose.model import ComposeService
from phlo.config.containers import Container
from phlo.config.project import Placement
from phlo.errors import ConfigError, PhloError, first_of
from phlo.inventory.clusters import Cluster
from phlo.inventory.hosts import Inventory
from phlo.orchestrators import load
from phlo.values import FileSpec


class ClusterRules(Protocol):
    """What an orchestrator's module `placement` has."""

    def constraints(
        self, service: str, wanted: tuple[str, ...], cluster: Cluster, inventory: Inventory, where: object
    ) -> tuple[str, ...]:
        """What keeps a service on the wanted hosts. Raises ConfigError for hosts that no constraint can select."""

    def check(
        self,
        container: Container,
        compose: ComposeService,
        place: Placement,
        files: Collection[FileSpec],
        drivers: Callable[[str], str | None],
    ) -> None:
        """Raise ConfigError with everything that a service asks for and the orchestrator cannot do.

        compose: the container without what phlo does itself. drivers: the driver of a named volume.
        """

    def is_honoured(self, warning: str) -> bool:
        """Whether a warning does not hold for a service in the cluster."""


def rules_of(orchestrator: str) -> ClusterRules:
    """The rules of an orchestrator."""
    rules: ClusterRules = load(orchestrator, "placement")
    return rules


def place(
    service: str, wanted: tuple[str, ...], clusters: tuple[Cluster, ...], inventory: Inventory, *, where: object
) -> tuple[tuple[str, ...], Placement | None]:
    """The host that a service's steps are on, the cluster's manager, and where it may run; else the hosts as they are.

    Raises ConfigError for hosts that no constraint can select, and for some in a cluster with some outside of it.
    """
    touched = [cluster for cluster in clusters if set(wanted) & set(cluster.nodes)]
    if not touched:
        return wanted, None
    cluster = touched[0]
    if len(touched) > 1 or not set(wanted) <= set(cluster.nodes):
        raise ConfigError(
            f'"{service}" is placed on {cluster.label} and on other hosts too',
            where=where,
            fix="Place it on the one or the other; two services can share an image.",
        )
    return (cluster.manager,), Placement(
        orchestrator=cluster.orchestrator,
        cluster=cluster.name,
        nodes=wanted,
        constraints=rules_of(cluster.orchestrator).constraints(service, wanted, cluster, inventory, where),
        publish=cluster.publish,
    )


def check_between(
    needs: Mapping[str, Collection[str]], placements: Mapping[str, Placement | None], where: Callable[[str], str]
) -> None:
    """Raise ConfigError for services that need one another across the border of a cluster."""
    errors: list[PhloError] = []
    for name in sorted(needs):
        for other in sorted(needs[name]):
            here, there = (found.label if (found := placements[one]) else "" for one in (name, other))
            if here != there:
                spots = [f"on {spot}" if spot else "on a host" for spot in (here, there)]
                what = f'"{name}" is {spots[0]} and needs "{other}", which is {spots[1]}'
                fix = "Place both on the same side, or leave the dependency out and give the address yourself."
                errors.append(ConfigError(what, where=where(name), fix=fix))
    if errors:
        raise first_of(errors)


def without_honoured(
    warnings: Collection[str], containers: Mapping[str, Container], placements: Mapping[str, Placement | None]
) -> list[str]:
    """The warnings, without those of services in a cluster about what only its orchestrator can do."""
    honoured = {
        text
        for name, container in containers.items()
        if (placement := placements[name])
        for text in container.compose.warnings
        if rules_of(placement.orchestrator).is_honoured(text)
    }
    return [text for text in warnings if text not in honoured]
