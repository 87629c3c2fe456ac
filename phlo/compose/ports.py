"""`ports` and `expose`, short and long form (Compose specification, services, `ports`)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from phlo.compose.model import Port
from phlo.compose.reading import At, GatheredError, Items, format_value, record, spread
from phlo.compose.scalars import one_of, text, word
from phlo.frozen import replace

PROTOCOLS = ("tcp", "udp", "sctp")
_FIX = 'Write a port from 1 to 65535, e.g. "3005:3000".'
_SHORT = "HOST:CONTAINER"
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")

Range = tuple[int, int]


def ports(value: Any, at: At) -> Items:
    """Every published port, ranges taken apart."""
    if not isinstance(value, (list, tuple)):
        raise at.expected('a list, e.g. ["3005:3000"]', value)
    return spread(value, at, _port)


def identity(port: Port) -> tuple[Any, ...]:
    """Two entries for the same port of the container, protocol, address and port of the host are the same."""
    return port.target, port.protocol, port.host_ip or "0.0.0.0", port.published  # noqa: S104  what no address means


def checked(given: tuple[Port, ...], at: At) -> tuple[Port, ...]:
    """The ports, each once, none of them on a host port that another one has."""
    before = len(at.errors)
    taken: dict[tuple[str, str, str], Port] = {}
    for index, port in enumerate(given):
        other = taken.setdefault((port.host_ip or "", port.published or str(port), port.protocol), port)
        if other.target != port.target:
            what = f"host port {port.published} is published twice, for {other.target} and {port.target}"
            at.errors.append(at[index].error(what, "Give one of them another host port."))
    if len(at.errors) > before:
        raise GatheredError
    return tuple({identity(port): port for port in given}.values())


def moved(given: Items, value: Any, at: At) -> Items:
    """The ports with those of the first entry from `value` on; the container's ports and the address stay."""
    first = integer_port(value, at)
    place = given.places[0]
    entry = [index for index, other in enumerate(given.places) if other == place]
    last = first + len(entry) - 1
    if last > 65535:
        what = f"the range {first}-{last} goes beyond port 65535"
        raise at.error(what, f"Write a number up to {65535 - len(entry) + 1}.")
    pairs = list(given.pairs)
    for offset, index in enumerate(entry):
        pairs[index] = (replace(given[index], published=str(first + offset)), pairs[index][1])
    return Items.of(pairs)


def integer_port(value: Any, at: At) -> int:
    """A port from 1 to 65535."""
    raw = text(value, at)
    if not raw.isdigit() or not 1 <= int(raw) <= 65535:
        raise at.expected("a port from 1 to 65535", value, "Write a number from 1 to 65535.")
    return int(raw)


def exposed(value: Any, at: At) -> Items:
    """`expose`: `3000`, `3000-3005`, `53/udp` -> `3000/tcp`, ..."""
    if not isinstance(value, (list, tuple)):
        raise at.expected('a list, e.g. ["3000"]', value)
    return spread(value, at, _exposed)


def _exposed(value: Any, at: At) -> tuple[str, ...]:
    number, _, protocol = text(value, at).partition("/")
    low, high = _range(number, at, value)
    return tuple(f"{port}/{_protocol(protocol or 'tcp', at)}" for port in range(low, high + 1))


def _port(value: Any, at: At) -> tuple[Port, ...]:
    return _long(value, at) if isinstance(value, Mapping) else _short(value, at)


def _short(value: Any, at: At) -> tuple[Port, ...]:
    """`[[IP:][HOST]:]CONTAINER[/PROTOCOL]`; both sides may be ranges."""
    raw = text(value, at)
    if isinstance(value, int) and value > 65535:
        raise at.expected(_SHORT, raw, "Put it in quotes: YAML reads 8080:22 as a number to base 60.")
    rest, _, protocol = raw.partition("/")
    head, _, target = rest.rpartition(":")
    host_ip, published = _host_side(head, ":" in rest, at, raw)
    return _pairs(
        _range(target, at, raw, wanted=_SHORT),
        published,
        at,
        protocol=_protocol(protocol or "tcp", at),
        host_ip=host_ip,
    )


def _host_side(head: str, has_host: bool, at: At, raw: str) -> tuple[str | None, Range | None]:
    """Split `IP:HOST`, `HOST`, `[::1]:HOST` or `` into address and port range."""
    if not has_host:
        return None, None
    address, colon, published = head.rpartition(":")
    if colon and not address:
        raise at.expected(_SHORT, raw, _FIX)
    host_ip = _address(address, at) if colon else None
    if not published:
        return host_ip, None  # `:80`, also of `${PORT:-}:80`, and `127.0.0.1::80`: any free port
    return host_ip, _range(published, at, raw, lowest=0, wanted=_SHORT)


def _long(value: Any, at: At) -> tuple[Port, ...]:
    fields = record(
        value,
        at,
        {
            "target": lambda item, here: _range(text(item, here), here, item),
            "published": lambda item, here: _range(text(item, here), here, item, lowest=0) if str(item) else None,
            "host_ip": lambda item, here: _address(text(item, here), here),
            "protocol": lambda item, here: _protocol(text(item, here), here),
            "mode": one_of("host", "ingress"),
            "name": word,
            "app_protocol": word,
        },
        required=("target",),
    )
    return _pairs(fields.pop("target"), fields.pop("published", None), at, **fields)


def _pairs(target: Range, published: Range | None, at: At, **rest: Any) -> tuple[Port, ...]:
    """One Port for each container port; a host range for a single container port is the engine's to choose from."""
    count = target[1] - target[0] + 1
    if published is None or published == (0, 0):
        return tuple(Port(target=target[0] + step, **rest) for step in range(count))
    if count == 1:
        low, high = published
        return (Port(target=target[0], published=str(low) if low == high else f"{low}-{high}", **rest),)
    if published[1] - published[0] + 1 != count:
        what = f"{count} container ports cannot be published on {published[1] - published[0] + 1} host ports"
        raise at.error(what, "Make both ranges equally long.")
    return tuple(Port(target=target[0] + step, published=str(published[0] + step), **rest) for step in range(count))


def _range(raw: str, at: At, whole: object, *, lowest: int = 1, wanted: str = "a port") -> Range:
    match = _RANGE.fullmatch(raw.strip())
    if not match:
        raise at.expected(wanted, whole, _FIX)
    low = int(match[1])
    high = int(match[2] or low)
    if low > high:
        raise at.expected("a range from low to high", raw)
    if not lowest <= low <= high <= 65535:
        raise at.error(f"port {low if low < lowest else high} is out of range in {format_value(whole)}", _FIX)
    return low, high


def _protocol(raw: str, at: At) -> str:
    return one_of(*PROTOCOLS)(raw.lower(), at)


def _address(raw: str, at: At) -> str:
    try:
        return str(ipaddress.ip_address(raw.removeprefix("[").removesuffix("]")))
    except ValueError:
        hint = 'For example "127.0.0.1:3005:3000".'
        raise at.expected("an IP address before the host port", raw, hint) from None
