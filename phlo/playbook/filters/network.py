"""Filters about IP addresses and networks, on Python's own `ipaddress`."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_Interface = ipaddress.IPv4Interface | ipaddress.IPv6Interface


def _interface(value: Any) -> _Interface | None:
    try:
        return ipaddress.ip_interface(str(value))
    except ValueError:
        return None


def _answer(interface: _Interface, has_prefix: bool, query: Any) -> Any:
    """What a query asks of an address or network; False when it does not fit."""
    network = interface.network
    if str(query).lstrip("-").isdigit():
        return _nth(network, int(query))
    answers: dict[str, Callable[[], Any]] = {
        "": lambda: str(interface) if has_prefix else str(interface.ip),
        "address": lambda: str(interface.ip),
        "network": lambda: str(network.network_address),
        "netmask": lambda: str(network.netmask),
        "prefix": lambda: network.prefixlen,
        "broadcast": lambda: str(network.broadcast_address),
        "subnet": lambda: str(network),
        "size": lambda: network.num_addresses,
        "ipv4": lambda: interface.version == 4 and str(interface.ip),
        "ipv6": lambda: interface.version == 6 and str(interface.ip),
        "private": lambda: interface.is_private and str(interface.ip),
        "public": lambda: interface.is_global and str(interface.ip),
        "loopback": lambda: interface.is_loopback and str(interface.ip),
        "host": lambda: (not has_prefix or interface.ip != network.network_address) and str(interface.ip),
    }
    if query in answers:
        return answers[query]()
    try:  # a network to be in
        outer = ipaddress.ip_network(str(query), strict=False)
    except ValueError:
        raise ValueError(f'ipaddr: there is no query "{query}"') from None
    return interface.version == outer.version and interface.ip in outer and str(interface.ip)


def _nth(network: ipaddress.IPv4Network | ipaddress.IPv6Network, index: int) -> Any:
    try:
        return f"{network[index]}/{network.prefixlen}"
    except IndexError:
        return False


def ipaddr(value: Any, query: Any = "") -> Any:
    """An address or network, or what is asked of it; False when it is none. Of a list those that fit."""
    if isinstance(value, (list, tuple)):
        return [found for item in value if (found := ipaddr(item, query)) not in (False, None)]
    interface = _interface(value)
    return False if interface is None else _answer(interface, "/" in str(value), query)


def _of_version(number: int) -> Callable[..., Any]:
    def only(value: Any, query: Any = "") -> Any:
        if isinstance(value, (list, tuple)):
            return [found for item in value if (found := only(item, query)) not in (False, None)]
        interface = _interface(value)
        return ipaddr(value, query) if interface is not None and interface.version == number else False

    return only


def ipsubnet(value: Any, prefix: int, index: int | None = None) -> Any:
    """How many subnets of a prefix length a network has, or one of them."""
    network = ipaddress.ip_network(str(value), strict=False)
    subnets: Iterable[Any] = network.subnets(new_prefix=int(prefix))
    if index is None:
        return str(2 ** (int(prefix) - network.prefixlen))
    for number, subnet in enumerate(subnets):
        if number == index:
            return str(subnet)
    return False


NETWORK_FILTERS: Mapping[str, Callable[..., Any]] = {
    "ipaddr": ipaddr,
    "ipv4": _of_version(4),
    "ipv6": _of_version(6),
    "ipsubnet": ipsubnet,
}
