"""Where services answer in a browser."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from phlo.config.project import ResolvedService
    from phlo.hosts.live import LiveContainer

# The capability of a service that has a page for people.
ROUTE = "http-route"
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not bound to
_BROWSABLE = ("http", "https")


class Page(NamedTuple):
    """An address that a browser can open, or could.

    title:  what the service calls its page; empty for a port that is not a page of its own.
    port:   the container's. published: the host's.
    scheme: `http`, `https`, or None when nothing says what is spoken there.
    name:   what the host is reached by; None when the port is published to programs of that host alone.
    """

    service: str
    host: str
    title: str
    port: int
    published: int
    scheme: str | None
    name: str | None
    path: str = ""

    @property
    def url(self) -> str:
        """The address, as of that host itself where it is not reached from elsewhere."""
        name = self.name or "127.0.0.1"
        return f"{self.scheme or 'http'}://{f'[{name}]' if ':' in name else name}:{self.published}{self.path}"


def schemes_of(service: ResolvedService) -> Mapping[tuple[int, str], str | None]:
    """(port of the container, protocol) -> what is spoken there, as far as it is said.

    A port that is changed in phlo.yaml seldom says it; that of the service's page is known all the same.
    """
    page = str(page_facts(service).get("port"))
    return {
        (port.target, port.protocol): port.app_protocol or ("http" if str(port.target) == page else None)
        for port in service.compose.ports
    }


def page_facts(service: ResolvedService) -> Mapping[str, Any]:
    """What a service says of its page: port, title, path; empty when it has none."""
    return service.definition.provides.get(ROUTE) or {}


def has_page(service: ResolvedService) -> bool:
    """Whether a service says that one of its published ports is for browsers."""
    return any(scheme in _BROWSABLE for scheme in schemes_of(service).values())


def pages_of(
    service: ResolvedService, live: Collection[LiveContainer], reached_by: Callable[[str, str], str | None]
) -> list[Page]:
    """The addresses of a service that runs: its page first, then by port of the host; ports of which nothing is said
    what they speak come last.

    live: its containers. reached_by: (host, address that a port is bound to) -> see `Page.name`.
    """
    facts, schemes = page_facts(service), schemes_of(service)
    found = []
    for host, address, published, target in _published(service, live):
        scheme = schemes.get((target, "tcp"))
        if scheme is not None and scheme not in _BROWSABLE:
            continue
        is_page = str(target) == str(facts.get("port"))
        found.append(
            Page(
                service=service.name,
                host=host,
                title=str(facts.get("title") or service.name) if is_page else "",
                port=target,
                published=published,
                scheme=scheme,
                name=reached_by(host, address),
                path=str(facts.get("path") or "/") if is_page else "",
            )
        )
    return sorted(set(found), key=lambda page: (not page.title, page.scheme is None, page.published, page.host))


def _published(service: ResolvedService, live: Collection[LiveContainer]) -> Iterator[tuple[str, str, int, int]]:
    """(host, address, port there, port of the container) of TCP; of a routing mesh no container shows any."""
    shown = [(one.host, port) for one in live for port in one.ports]
    yield from ((host, port.ip, port.published, port.target) for host, port in shown if port.protocol == "tcp")
    for planned in service.compose.ports if not shown else ():
        if planned.published and planned.published.isdigit() and planned.protocol == "tcp":
            yield from ((host, planned.host_ip or "", int(planned.published), planned.target) for host in service.hosts)


def reached_by(address: str, *, engine: str, given: str | None) -> str | None:
    """What a port is reached by from this machine; None when only programs of its host reach it.

    address: what it is bound to, empty for all. engine: URL of the host's engine. given: the host's address in the
    inventory.
    """
    hostname = urlsplit(engine).hostname or ""
    is_here = engine.startswith("unix:") or _is_loopback(hostname)
    if _is_loopback(address):
        return address if is_here else None
    if address not in _EVERYWHERE:
        return address
    return given or ("localhost" if is_here else hostname)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
