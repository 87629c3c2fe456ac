"""How a service is connected: `networks`, `network_mode`, `links`, `extra_hosts`, `depends_on`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from phlo.compose.model import Link, ServiceNetwork
from phlo.compose.reading import At, Items, each, list_of, mapping, record, spread
from phlo.compose.scalars import boolean, integer, one_of, optional, plain_pairs, text, texts, word
from phlo.yaml_source import Keys

CONDITIONS = ("service_started", "service_healthy", "service_completed_successfully")
_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")
_INTERFACE = re.compile(r"[^\s/:]{1,15}")
# The driver option that names the interface in the container (Docker 28.1, API 1.49).
INTERFACE_OPTION = "com.docker.network.endpoint.ifname"
_CONTAINER_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_HOST_NAME = re.compile(r"[a-zA-Z0-9_]([a-zA-Z0-9_.-]{0,252}[a-zA-Z0-9_])?")


def networks(value: Any, at: At) -> dict[str, Any]:
    """Both forms -> network: the fields that are given of it."""
    if not isinstance(value, Mapping):
        return listed_names(value, at, {})
    found = {key: at[key].attempt(_network, item or {}) for key, item in mapping(value, at).items()}
    return {key: item for key, item in found.items() if item is not None}


def _network(value: Any, at: At) -> dict[str, Any]:
    fields = {name: item for name, item in record(value, at, _NETWORK).items() if item is not None}
    interface = fields.pop("interface_name", None)
    if interface:
        fields["driver_opts"] = {**fields.get("driver_opts", {}), INTERFACE_OPTION: interface}
    return fields


def _interface_name(value: Any, at: At) -> str:
    found = word(value, at)
    if not _INTERFACE.fullmatch(found):
        raise at.expected("the name of a network interface (at most 15 characters)", value, 'For example "eth1".')
    return found


def listed_names(value: Any, at: At, given: Mapping[str, Any]) -> dict[str, Any]:
    """A list of names as the mapping that it is short for: name -> `given`."""
    found = {}
    for name, keys in texts(value, at).pairs:
        found[name] = dict(given)
        if keys != at.keys:
            at.names(name, keys[-1])
    return found


def service_networks(fragment: Mapping[str, Any], at: At) -> tuple[ServiceNetwork, ...]:
    """The network of the highest priority first, then by name."""
    found = [ServiceNetwork(key=key, **fields) for key, fields in fragment.items()]
    return tuple(sorted(found, key=lambda network: (-network.priority, network.key)))


def address(version: int) -> Callable[[Any, At], str]:
    """The parser of an IP address; version 0 takes both."""

    def parse(value: Any, at: At) -> str:
        try:
            found = ipaddress.ip_address(text(value, at))
        except ValueError:
            found = None
        if found is None or version not in (0, found.version):
            raise at.expected(f"an IPv{version} address" if version else "an IP address", value)
        return str(found)

    return parse


def name_servers(value: Any, at: At) -> Items:
    """Addresses; empty texts (of `${DNS:-}`) are left out."""
    return spread(value, at, lambda item, here: () if item == "" else (address(0)(item, here),))


def mac_address(value: Any, at: At) -> str:
    found = text(value, at)
    if not _MAC.fullmatch(found):
        raise at.expected("a MAC address", value, 'For example "02:42:ac:11:00:02".')
    return found.lower().replace("-", ":")


_NETWORK = {
    "aliases": texts,
    "ipv4_address": optional(address(4)),
    "ipv6_address": optional(address(6)),
    "link_local_ips": list_of(address(0)),
    "mac_address": optional(mac_address),
    "priority": integer(),
    "gw_priority": integer(),
    "interface_name": optional(_interface_name),
    "driver_opts": plain_pairs,
}


def namespace(*plain: str) -> Callable[[Any, At], str]:
    """The parser of `ipc` and `pid`: one of `plain`, `service:x` or `container:x`."""
    wanted = ", ".join((*plain, "service:NAME", "container:NAME"))

    def parse(value: Any, at: At) -> str:
        found = word(value, at)
        kind, _, name = found.partition(":")
        if found in plain or (kind in ("service", "container") and name):
            return found
        raise at.expected(f"one of {wanted}", value)

    return parse


def network_mode(value: Any, at: At) -> str:
    """none, host, bridge, `service:x`, `container:x`, or a network's name as Docker knows it."""
    found = word(value, at)
    kind, colon, name = found.partition(":")
    if colon and (kind not in ("service", "container") or not name):
        raise at.expected("one of none, host, bridge, service:NAME, container:NAME", value)
    return found


def host_name(value: Any, at: At) -> str:
    found = text(value, at)
    if not _HOST_NAME.fullmatch(found):
        raise at.expected("a host name (letters, digits, dots and dashes)", value)
    return found


def container_name(value: Any, at: At) -> str:
    found = text(value, at)
    if not _CONTAINER_NAME.fullmatch(found):
        raise at.expected("a container's name (letters, digits, _ . and -, starting with a letter or digit)", value)
    return found


def links(value: Any, at: At) -> Items:
    """`SERVICE` or `SERVICE:ALIAS`."""
    return each(value, at, _link)


def _link(value: Any, at: At) -> Link:
    name, _, alias = word(value, at).partition(":")
    return Link(service=name, alias=alias or name)


def external_links(value: Any, at: At) -> Items:
    """`CONTAINER` or `CONTAINER:ALIAS`."""
    return each(value, at, _external_link)


def _external_link(value: Any, at: At) -> Link:
    name, _, alias = word(value, at).partition(":")
    return Link(container=name, alias=alias or name)


def extra_hosts(value: Any, at: At) -> Items:
    """`name=address`, `name:address`, or a mapping of name to one or more addresses -> `name:address`."""
    if not isinstance(value, Mapping):
        return spread(value, at, _extra_host)
    found: list[tuple[str, Keys]] = []
    for name, item in mapping(value, at).items():
        pairs = each(item, at[name], word).pairs
        found += [(host, keys) for one, keys in pairs for host in _host_addresses(name, one, at[name])]
    return Items.of(found)


def _extra_host(value: Any, at: At) -> list[str]:
    raw = word(value, at)
    name, equals, rest = raw.partition("=")
    if not equals:
        name, _, rest = raw.partition(":")
    if not name or not rest:
        raise at.expected("NAME=ADDRESS", raw, 'For example "db=10.0.0.5".')
    return _host_addresses(name.strip(), rest, at)


def _host_addresses(name: str, addresses: str, at: At) -> list[str]:
    """`NAME:ADDRESS` for each address of a list with commas."""
    return [f"{name}:{_host_address(one.strip(), at)}" for one in addresses.split(",")]


def _host_address(raw: str, at: At) -> str:
    return raw if raw == "host-gateway" else address(0)(raw.removeprefix("[").removesuffix("]"), at)


def depends_on(value: Any, at: At) -> dict[str, Any]:
    """Both forms -> service: the fields that are given; to Compose a list names services that have to be started."""
    if not isinstance(value, Mapping):
        return listed_names(value, at, {"condition": "service_started"} if at.is_compose else {})
    found = {}
    for name, item in mapping(value, at).items():
        fields = at[name].attempt(lambda raw, here: record(raw, here, _DEPENDENCY), item or {})
        found[name] = fields or {}
    return found


def dependencies(fragment: Mapping[str, Any], at: At) -> dict[str, dict[str, Any]]:
    """service -> {condition, required, restart}; a condition that is not given is None."""
    return {name: {**dependency(), **fields} for name, fields in fragment.items()}


def dependency(condition: str | None = None, *, restart: bool = False) -> dict[str, Any]:
    """One entry of `depends_on`, normalized."""
    return {"condition": condition, "required": True, "restart": restart}


_DEPENDENCY = {"condition": one_of(*CONDITIONS), "required": boolean, "restart": boolean}
