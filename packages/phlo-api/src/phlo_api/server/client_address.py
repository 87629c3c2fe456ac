"""The address that a request comes from, also through proxies that say so."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from starlette.types import Scope

_HEADER = b"x-forwarded-for"
_KNOWN_SECONDS = 30.0
_MOST_HOPS = 20
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ClientAddresses:
    """Reads `X-Forwarded-For`, of trusted proxies only.

    trusted: addresses, networks (10.0.0.0/8) and host names. A proxy appends the address that it was asked from, so
    the client is the last entry that is not a trusted proxy itself; entries before it are the client's own claims.
    """

    def __init__(self, trusted: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._networks: list[_Network] = []
        self._names: list[str] = []
        for text in trusted:
            try:
                self._networks.append(ipaddress.ip_network(text, strict=False))
            except ValueError:
                self._names.append(text)
        self._clock = clock
        self._resolved: frozenset[_Address] = frozenset()
        self._resolved_until = 0.0

    async def of(self, scope: Scope) -> str:
        """The client's address; empty for a request over a Unix socket."""
        client = scope.get("client")
        peer = str(client[0]) if client else ""
        claims = [text for name, text in scope["headers"] if name == _HEADER]
        if not claims or not (self._networks or self._names):
            return peer
        hops = [part.strip() for part in b",".join(claims).decode("latin-1").split(",")][-_MOST_HOPS:]
        found = peer
        while await self._is_trusted(found) and hops:
            hop = _address(hops.pop())
            if hop is None:
                break
            found = str(hop)
        return found

    async def _is_trusted(self, text: str) -> bool:
        address = _address(text)
        if address is None:
            return False
        if any(address.version == network.version and address in network for network in self._networks):
            return True
        return bool(self._names) and address in await self._named()

    async def _named(self) -> frozenset[_Address]:
        if self._clock() >= self._resolved_until:
            found: set[_Address] = set()
            for name in self._names:
                with suppress(OSError, UnicodeError):  # a proxy that does not run now
                    for entry in await asyncio.get_running_loop().getaddrinfo(name, None):
                        if (address := _address(str(entry[4][0]))) is not None:
                            found.add(address)
            self._resolved = frozenset(found)
            self._resolved_until = self._clock() + _KNOWN_SECONDS
        return self._resolved


def _address(text: str) -> _Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
