"""How services of different hosts find each other: by the same names and ports as on one host.

What others need is published on its host's address, under the port that the container has; and their containers know
that address under the service's name. Nothing else is published, and nothing on all addresses.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from phlo.compose.model import Port
from phlo.config.containers import Container
from phlo.config.project import CrossHostEndpoint
from phlo.errors import ConfigError, PhloError, first_of
from phlo.inventory.context import DEFAULT
from phlo.inventory.hosts import Host, Inventory

CrossHostEndpoints = dict[str, dict[str, CrossHostEndpoint]]


def cross_host_endpoints(
    containers: Mapping[str, Container],
    needs: Mapping[str, Collection[str]],
    placed: Callable[[str], tuple[str, ...]],
    inventory: Inventory,
) -> CrossHostEndpoints:
    """Service -> host -> what its container there has besides.

    needs: service -> those that it talks to. placed: the hosts of a service; of one on several hosts the first is met,
    unless the other is on the same host.
    Raises ConfigError for a host without an address, and for a service without a port.
    """
    known: dict[tuple[str, str], list[str]] = {}
    published: dict[tuple[str, str], dict[Port, None]] = {}
    errors: list[PhloError] = []
    for name in sorted(needs):
        for other in sorted(needs[name]):
            far = [host for host in placed(name) if host not in placed(other)]
            if not far or not placed(other):
                continue
            place = inventory.hosts[placed(other)[0]]
            try:
                address = _address(place, name, other)
                ports = _ports(containers[other], address, name, place.name)
            except PhloError as error:
                errors.append(error)
                continue
            for host in far:
                names = [other, *_aliases(containers[other])]
                known.setdefault((name, host), []).extend(f"{one}:{address}" for one in names)
            published.setdefault((other, place.name), {}).update(dict.fromkeys(ports))
    if errors:
        raise first_of(errors)
    found: CrossHostEndpoints = {}
    for name, host in sorted({*known, *published}):
        endpoint = CrossHostEndpoint(
            extra_hosts=tuple(sorted(set(known.get((name, host), ())))), ports=tuple(published.get((name, host), ()))
        )
        found.setdefault(name, {})[host] = endpoint
    return found


def is_elsewhere(place: Host) -> bool:
    """Whether a host is not this machine. A host with a context without an address counts as another machine."""
    if place.docker_context not in (None, DEFAULT) and not place.context_host:
        return True
    return place.url.startswith(("ssh:", "tcp:"))


def _known_address(place: Host) -> str | None:
    hostname = urlsplit(place.url).hostname if place.url.startswith("ssh:") else None
    return place.address or hostname


def ip_address_of(place: Host) -> str | None:
    """The IP address that other hosts reach a host by, as the inventory has it; None when it has none."""
    try:
        return str(ipaddress.ip_address(_known_address(place) or ""))
    except ValueError:
        return None


def _address(place: Host, name: str, other: str) -> str:
    """The address that other hosts reach a host by."""
    address = _known_address(place)
    try:
        return str(ipaddress.ip_address(address or ""))
    except ValueError:
        said = f'the address "{address}", which is not an IP address' if address else "no address"
        raise ConfigError(
            f'"{name}" needs "{other}", which is on another host, and {place.name} has {said}',
            where=place.source,
            fix=f"Write address: IP for {place.name}, as the other hosts reach it.",
        ) from None


def _ports(container: Container, address: str, name: str, host: str) -> tuple[Port, ...]:
    """What has to be published on a host's address so that a service can be reached from other hosts."""
    compose = container.compose
    targets = {(port.target, port.protocol) for port in compose.ports}
    for entry in compose.expose:
        number, _, protocol = entry.partition("/")
        targets.add((int(number), protocol))
    if not targets:
        raise ConfigError(
            f'"{name}" needs "{container.definition.name}" on {host}, which has no port to reach it by',
            where=container.merged.where(),
            fix=f"Write services.{container.definition.name}.expose: [PORT].",
        )
    if compose.network_mode == "host":
        return ()
    there = {(port.target, port.protocol) for port in compose.ports if _is_reached(port, address)}
    return tuple(
        Port(target=target, protocol=protocol, published=str(target), host_ip=address)
        for target, protocol in sorted(targets - there)
    )


def _is_reached(port: Port, address: str) -> bool:
    """Whether a port is published on an address already, under its own number."""
    return port.published == str(port.target) and port.host_ip in (None, "", "0.0.0.0", "::", address)  # noqa: S104


def _aliases(container: Container) -> tuple[str, ...]:
    return tuple(alias for attached in container.compose.networks for alias in attached.aliases)
