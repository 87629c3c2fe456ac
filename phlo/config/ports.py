"""Moving a published port to another port of the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import ConfigError
from phlo.values import Secret, reveal


def moved_port(entry: Any, port: Any, *, where: object) -> Any:
    """An entry of `ports` with `port` on the host; the container's port, the address and the protocol stay.

    A range moves as a whole, `port` its first. Raises ConfigError when `port` is not a port.
    """
    first = _port_number(port, where)
    if isinstance(entry, Mapping):
        return {**entry, "published": _as_wide_as(str(entry.get("target", "")), first, where)}
    text = reveal(entry) if isinstance(entry, (str, Secret)) else str(entry)
    mapping, slash, protocol = text.partition("/")
    host, colon, container = mapping.rpartition(":")
    address = host.rpartition(":")[0] if colon else ""
    published = _as_wide_as(container, first, where)
    return f"{address + ':' if address else ''}{published}:{container}{slash}{protocol}"


def _port_number(port: Any, where: object) -> int:
    text = reveal(port) if isinstance(port, (str, Secret)) else str(port)
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        fix = "Write a number from 1 to 65535."
        raise ConfigError(f'should be a port from 1 to 65535, got "{port}"', where=where, fix=fix)
    return int(text)


def _as_wide_as(container: str, first: int, where: object) -> str:
    """`first`, or a range from `first` with as many ports as the container's range."""
    low, dash, high = container.partition("-")
    if not dash or not low.isdigit() or not high.isdigit():
        return str(first)
    last = first + int(high) - int(low)
    if last > 65535:
        fix = f"Write a number up to {65535 - (last - first)}."
        raise ConfigError(f"the range {first}-{last} goes beyond port 65535", where=where, fix=fix)
    return f"{first}-{last}"
