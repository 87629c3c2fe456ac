"""What cannot go together in one project, found before anything changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from phlo.config.project import Project, ResolvedService
from phlo.errors import PlanError, first_of
from phlo.plan.orchestrator import orchestrator_of
from phlo.plan.port_claims import PortClaim


def refuse_conflicts(project: Project) -> None:
    """Raise PlanError with every conflict: services that depend on each other, and what is claimed twice."""
    errors = [
        *_cycles(project.services),
        *_ports(project),
        *_instances(project),
        *_starts_first(project),
        *_addresses(project),
    ]
    if errors:
        raise first_of(errors)


def _cycles(services: Mapping[str, ResolvedService]) -> Iterator[PlanError]:
    """The first cycle of dependencies, if there is one."""
    done: set[str] = set()

    def cycle_from(name: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
        if name in path:
            return (*path[path.index(name) :], name)
        if name in done or name not in services:
            return None
        for dependency in services[name].depends_on:
            if found := cycle_from(dependency.service, (*path, name)):
                return found
        done.add(name)
        return None

    for name in services:
        if found := cycle_from(name, ()):
            what = f"these services depend on each other: {' -> '.join(found)}"
            where = services[found[0]].definition.where()
            yield PlanError(what, where=where, fix="Take one of these `depends_on` away.")
            return


def _ports(project: Project) -> Iterator[PlanError]:
    """Two services that publish the same port on the same address of a host, or through one routing mesh."""
    taken: dict[tuple[str, str], list[PortClaim]] = {}
    for service in project.services.values():
        for protocol, published, claim in _claims(service):
            holders = taken.setdefault((protocol, published), [])
            for other in holders:
                if claim.conflicts_with(other):
                    where = claim.cluster or min(claim.hosts & other.hosts)
                    yield PlanError(
                        f"{other.service} and {service.name} both publish port {published}/{protocol} on {where}",
                        where=service.definition.where(),
                        fix=f"Set `services.{service.name}.port` in phlo.yaml to a free one.",
                    )
            holders.append(claim)


def _claims(service: ResolvedService) -> Iterator[tuple[str, str, PortClaim]]:
    """The protocol, the port and the claim of each port that is not the engine's to choose."""
    if service.placement:
        yield from orchestrator_of(service.placement.orchestrator).port_claims(service)
        return
    for host in service.hosts:
        for port in service.compose_on(host).ports:
            if port.published and "-" not in port.published:  # else any free port, or any of a range
                claim = PortClaim(service=service.name, address=port.host_ip or "", hosts=frozenset({host}), count=1)
                yield port.protocol, port.published, claim


def _addresses(project: Project) -> Iterator[PlanError]:
    """Fixed addresses that are outside of the network's subnets, or that two services of a host want."""
    taken: dict[tuple[str, str, str], str] = {}
    for service in project.services.values():
        for attached in service.compose.networks if service.placement is None else ():
            spec = project.networks.get(attached.key)
            for attribute in ("ipv4_address", "ipv6_address"):
                address = getattr(attached, attribute)
                if not address or spec is None or spec.is_external:
                    continue
                where = _network_source(service, attached.key)
                if problem := _outside(address, attached.key, spec.options):
                    yield PlanError(f"{attribute} {address} {problem[0]}", where=where, fix=problem[1])
                for host in service.hosts:
                    other = taken.setdefault((host, attached.key, address), service.name)
                    if other != service.name:
                        what = f"{other} and {service.name} both have the address {address} on {attached.key}"
                        yield PlanError(what, where=where, fix="Give one of them another address.")


def _outside(address: str, key: str, options: Mapping[str, Any]) -> tuple[str, str] | None:
    """Why a network does not have an address, and what to do; None when it does."""
    from ipaddress import ip_address, ip_network

    given = [entry.get("Subnet") for entry in (options.get("IPAM") or {}).get("Config") or ()]
    subnets = [ip_network(subnet, strict=False) for subnet in given if subnet]
    wanted = ip_address(address)
    mine = [subnet for subnet in subnets if subnet.version == wanted.version]
    if not mine:
        fix = f"Write `networks: {{{key}: {{ipam: {{config: [{{subnet: ...}}]}}}}}}`, or leave the address to Docker."
        return f'needs a subnet of the network "{key}"', fix
    if not any(wanted in subnet for subnet in mine):
        return f'is not in {", ".join(map(str, mine))}, the subnet of the network "{key}"', "Choose one that is."
    return None


def _network_source(service: ResolvedService, key: str) -> str:
    """Where a service joins a network."""
    names = (f"networks.{key}", "networks")
    found = next((service.sources[name] for name in names if name in service.sources), None)
    return f"{found} services.{service.name}.networks.{key}" if found else service.definition.where()


def _instances(project: Project) -> Iterator[PlanError]:
    """Services of several instances that claim what only one can have."""
    for service in project.services.values():
        if service.placement is not None:
            yield from orchestrator_of(service.placement.orchestrator).conflicts(service)
            continue
        if service.scale < 2:
            continue
        fix = f"Leave it to Docker, or set `services.{service.name}.scale` to 1."
        if service.compose.container_name:
            name = service.compose.container_name
            yield PlanError(f"{service.name} has {service.scale} instances and the one name {name}", fix=fix)
        for port in service.compose.ports:
            if port.published and "-" not in port.published:
                what = f"{service.name} has {service.scale} instances and publishes the fixed port {port.published}"
                yield PlanError(what, fix=fix)


def _starts_first(project: Project) -> Iterator[PlanError]:
    """Services whose next version is to run beside this one, and cannot."""
    for service in project.services.values():
        compose = service.compose
        if not compose.update.starts_first:
            continue
        fixed = {("mac_address", compose.mac_address)}
        for attached in compose.networks:
            fixed |= {(key, getattr(attached, key)) for key in ("mac_address", "ipv4_address", "ipv6_address")}
        if compose.network_mode == "host":
            fixed.add(("network_mode", "host"))
        for key, value in sorted((key, value) for key, value in fixed if value):
            what = f"{service.name} cannot be started beside itself (update.order: start-first) with {key}: {value}"
            yield PlanError(what, fix="Leave one of the two out.")
