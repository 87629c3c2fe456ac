"""Ports, networks and namespaces: attributes with a form of their own in the Engine API."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from phlo.compose.engine.column import DockerNames, without_empty
from phlo.compose.engine.fact import Fact, Facts, members
from phlo.published import address_text

if TYPE_CHECKING:
    from phlo.compose.model import ComposeService, ServiceNetwork


def nothing(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    """Networks are joined by requests of their own, see `endpoints`."""
    return ()


def no_facts(term: str) -> Facts:
    return iter(())


def bindings(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    found: dict[str, list[dict[str, str]]] = {}
    for port in sorted(service.ports, key=lambda port: (port.target, port.protocol, port.host_ip or "")):
        binding = {"HostIp": port.host_ip or "", "HostPort": port.published or ""}
        found.setdefault(f"{port.target}/{port.protocol}", []).append(binding)
    return (found,)


def port_facts(term: str, published: Mapping[str, Any] | None) -> Facts:
    for port, found in (published or {}).items():
        pairs = sorted((item.get("HostIp") or "", _number(item.get("HostPort"))) for item in found or ())
        text = ", ".join(address_text(ip, number or "any free port") for ip, number in pairs)
        yield f"{term}.{port}", Fact(tuple(pairs), text)


def _number(port: str | None) -> str:
    return "" if port in (None, "0") else str(port)


def exposed(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    """What is published is exposed as well."""
    ports = {*service.expose, *(f"{port.target}/{port.protocol}" for port in service.ports)}
    return ({port: {} for port in sorted(ports)},)


def expose_facts(term: str, ports: Collection[str] | None, published: Collection[str] | None) -> Facts:
    return members(term, [port for port in ports or () if port not in (published or ())])


def network_mode(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    """A container is created on its first network."""
    first = names.networks[service.networks[0].key] if service.networks else None
    return (names.mode(service.network_mode) or first,)


def ipc(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    return (names.mode(service.ipc),)


def pid(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    return (names.mode(service.pid),)


def mac_address(service: ComposeService, names: DockerNames) -> tuple[Any, ...]:
    """Before API 1.44 the address of the first network was the container's."""
    first = service.networks[0].mac_address if service.networks else None
    return (first or service.mac_address,)


def host_facts(term: str, entries: Sequence[str] | None) -> Facts:
    """A name may have several addresses."""
    found: dict[str, list[str]] = {}
    for entry in entries or ():
        name, _, address = entry.partition(":")
        found.setdefault(name, []).append(address)
    for name, addresses in found.items():
        yield f"{term}.{name}", Fact(tuple(addresses), ", ".join(addresses))


def endpoints(service: ComposeService, names: DockerNames, service_name: str) -> list[tuple[str, dict[str, Any]]]:
    """The networks that the container joins, by name, each with its EndpointConfig. The first is `network_mode`'s."""
    links = sorted(
        f"{link.container or names.containers.get(link.service or '', link.service)}:{link.alias}"
        for link in service.links
    )
    found = []
    for index, network in enumerate(service.networks):
        endpoint = {
            "Aliases": sorted({service_name, *network.aliases}),
            "IPAMConfig": _addresses(network),
            "Links": links,
            "MacAddress": network.mac_address or (service.mac_address if index == 0 else None),
            "DriverOpts": dict(sorted(network.driver_opts.items())),
            "GwPriority": network.gw_priority or None,
        }
        found.append((names.networks[network.key], without_empty(endpoint)))
    return found


def _addresses(network: ServiceNetwork) -> dict[str, Any]:
    return without_empty(
        {
            "IPv4Address": network.ipv4_address,
            "IPv6Address": network.ipv6_address,
            "LinkLocalIPs": sorted(network.link_local_ips),
        }
    )
