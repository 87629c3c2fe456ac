"""How a service is connected: `networks`, `network_mode`, `links`, `extra_hosts`, `depends_on`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from phlo.config.compose.model import Link, ServiceNetwork
from phlo.config.compose.reading import At, each, list_of, mapping, record
from phlo.config.compose.scalars import boolean, integer, one_of, plain_pairs, text, texts, word

CONDITIONS = ("service_started", "service_healthy", "service_completed_successfully")
_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")
_CONTAINER_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_HOST_NAME = re.compile(r"[a-zA-Z0-9_]([a-zA-Z0-9_.-]{0,252}[a-zA-Z0-9_])?")


def networks(value: Any, at: At) -> tuple[ServiceNetwork, ...]:
    """Both forms, the network of the highest priority first, then by name."""
    if isinstance(value, Mapping):
        found = [at[key].attempt(_network(key), item or {}) for key, item in mapping(value, at).items()]
    else:
        found = [ServiceNetwork(key=key) for key in dict.fromkeys(texts(value, at))]
    return tuple(sorted((item for item in found if item), key=lambda network: (-network.priority, network.key)))


def _network(key: str) -> Callable[[Any, At], ServiceNetwork]:
    return lambda value, at: ServiceNetwork(key=key, **record(value, at, _NETWORK))


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


def mac_address(value: Any, at: At) -> str:
    found = text(value, at)
    if not _MAC.fullmatch(found):
        raise at.expected("a MAC address", value, 'For example "02:42:ac:11:00:02".')
    return found.lower().replace("-", ":")


_NETWORK = {
    "aliases": texts,
    "ipv4_address": address(4),
    "ipv6_address": address(6),
    "link_local_ips": list_of(address(0)),
    "mac_address": mac_address,
    "priority": integer(),
    "gateway_priority": integer(),
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


def links(value: Any, at: At) -> tuple[Link, ...]:
    """`SERVICE` or `SERVICE:ALIAS`."""
    return each(value, at, _link)


def _link(value: Any, at: At) -> Link:
    name, _, alias = word(value, at).partition(":")
    return Link(service=name, alias=alias or name)


def external_links(value: Any, at: At) -> tuple[Link, ...]:
    """`CONTAINER` or `CONTAINER:ALIAS`."""
    return each(value, at, _external_link)


def _external_link(value: Any, at: At) -> Link:
    name, _, alias = word(value, at).partition(":")
    return Link(container=name, alias=alias or name)


def extra_hosts(value: Any, at: At) -> tuple[str, ...]:
    """`name=address`, `name:address`, or a mapping of name to one or more addresses -> sorted `name:address`."""
    if not isinstance(value, Mapping):
        return tuple(sorted(dict.fromkeys(each(value, at, _extra_host))))
    found = []
    for name, item in mapping(value, at).items():
        found += [f"{name}:{_host_address(one, at[name])}" for one in each(item, at[name], word)]
    return tuple(sorted(found))


def _extra_host(value: Any, at: At) -> str:
    raw = word(value, at)
    name, equals, rest = raw.partition("=")
    if not equals:
        name, _, rest = raw.partition(":")
    if not name or not rest:
        raise at.expected("NAME=ADDRESS", raw, 'For example "db=10.0.0.5".')
    return f"{name}:{_host_address(rest, at)}"


def _host_address(raw: str, at: At) -> str:
    return raw if raw == "host-gateway" else address(0)(raw.removeprefix("[").removesuffix("]"), at)


def depends_on(value: Any, at: At) -> dict[str, dict[str, Any]]:
    """Both forms -> service: {condition, required, restart}; a condition not given is None."""
    if not isinstance(value, Mapping):
        return {name: dependency() for name in texts(value, at)}
    found = {}
    for name, item in mapping(value, at).items():
        fields = at[name].attempt(lambda raw, here: record(raw, here, _DEPENDENCY), item or {})
        found[name] = {**dependency(), **(fields or {})}
    return found


def dependency(condition: str | None = None, *, restart: bool = False) -> dict[str, Any]:
    """One entry of `depends_on`, normalized."""
    return {"condition": condition, "required": True, "restart": restart}


_DEPENDENCY = {"condition": one_of(*CONDITIONS), "required": boolean, "restart": boolean}
