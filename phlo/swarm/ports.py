"""The ports that services of a Swarm publish, through its routing mesh or on the nodes of their tasks."""

from __future__ import annotations

from collections.abc import Iterator

from phlo.config.project import Placement, ResolvedService
from phlo.errors import PlanError
from phlo.plan.port_claims import PortClaim


def port_claims(service: ResolvedService) -> Iterator[tuple[str, str, PortClaim]]:
    """The protocol, the port and the claim of each port that is not the engine's to choose."""
    place = _placement(service)
    for port in service.compose.ports:
        if not port.published or "-" in port.published:  # any free port, or any of a range
            continue
        mode = port.mode or ("host" if place.publish == "host" else "ingress")
        claim = PortClaim(
            service=service.name,
            address="",
            hosts=frozenset(place.nodes),
            count=len(place.nodes) if service.compose.in_swarm.is_global else service.scale,
            cluster=place.label,
            is_ingress=mode == "ingress",
            constraints=service.compose.in_swarm.constraints,
        )
        yield port.protocol, port.published, claim


def conflicts(service: ResolvedService) -> Iterator[PlanError]:
    """A service with more tasks than there are nodes to publish a port on."""
    place = _placement(service)
    fixed = [port for port in service.compose.ports if port.published and (port.mode or place.publish) == "host"]
    if not fixed or service.compose.in_swarm.is_global:
        return
    most = service.scale + int(service.compose.update.starts_first)
    if most > len(place.nodes):
        beside = ", one of them beside the others (update.order: start-first)" if most > service.scale else ""
        nodes = f"{len(place.nodes)} nodes" if len(place.nodes) > 1 else "one node"
        what = f"{service.name} has up to {most} tasks{beside}, and publishes {fixed[0].published} on {nodes}"
        yield PlanError(what, fix="Have fewer, or publish through the routing mesh (swarm_publish: mesh).")


def _placement(service: ResolvedService) -> Placement:
    """Where a service of a Swarm is placed. Raises PlanError for one that is not in a Swarm."""
    if service.placement is None:
        raise PlanError(f"{service.name} is not placed in a Swarm")
    return service.placement
