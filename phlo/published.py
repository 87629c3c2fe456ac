"""Published ports as people read them: one form wherever phlo prints a port."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Published(NamedTuple):
    """A port of the host, or a range, and the port of the container behind it. published: empty for any free port."""

    published: str
    target: str
    protocol: str = "tcp"
    ip: str = ""

    @property
    def host_text(self) -> str:
        """The side of the host: `8080`, `127.0.0.1:8080`, `[::1]:8080`, `any`."""
        return address_text(self.ip, self.published or "any")

    @property
    def protocol_text(self) -> str:
        """Empty for TCP, which needs no mention, else `/udp`."""
        return "" if self.protocol == "tcp" else f"/{self.protocol}"

    def __str__(self) -> str:
        """As `docker ps` writes it: `[::1]:8080->80`; `/udp` is added where it is not TCP."""
        return f"{self.host_text}->{self.target}{self.protocol_text}"


def address_text(ip: str, port: int | str) -> str:
    """An address with a port; an IPv6 address is put in brackets."""
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}" if ip else str(port)


def merged(ports: Iterable[Published]) -> list[Published]:
    """The ports in order, each once, and those in a row as one range: `8000-8002->80-82`."""
    found: list[Published] = []
    for port in sorted(set(ports), key=_order):
        before = found[-1] if found else None
        if before and _follows(before, port):
            found[-1] = port._replace(
                published=_range(before.published, port.published), target=_range(before.target, port.target)
            )
        else:
            found.append(port)
    return found


def _order(port: Published) -> tuple[str, str, int, int]:
    return port.ip, port.protocol, _last(port.published), _last(port.target)


def _follows(before: Published, port: Published) -> bool:
    is_single = port.published.isdigit() and port.target.isdigit()
    is_alike = (before.ip, before.protocol) == (port.ip, port.protocol)
    return (
        is_alike
        and is_single
        and before.published != ""
        and _size(before.published) == _size(before.target)
        and _last(before.published) + 1 == int(port.published)
        and _last(before.target) + 1 == int(port.target)
    )


def _last(text: str) -> int:
    return int(text.rpartition("-")[2] or 0)


def _size(text: str) -> int:
    first, _, last = text.partition("-")
    return int(last or first) - int(first) + 1


def _range(first: str, last: str) -> str:
    return f"{first.partition('-')[0]}-{last}"
