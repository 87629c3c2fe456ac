"""What stands before every route: headers that browsers heed, a limit of requests, a limit of their size.

Plain ASGI, because what Starlette makes of a function would hold back the answers that are streamed.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from hashlib import sha256
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from phlo_api.server.models import Problem
from phlo_api.server.problems import answer, title_of

MOST_CALLERS = 10_000
MOST_BODY_BYTES = 1_000_000
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
_UNLIMITED = ("/health",)


class Guard:
    """Wraps the application. requests_per_minute: of one token, or of one address without a token."""

    def __init__(self, app: ASGIApp, requests_per_minute: int) -> None:
        self._app = app
        self._buckets = Buckets(requests_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _completed(message.get("headers", []))
            await send(message)

        headers = dict(scope["headers"])
        if scope["path"] not in _UNLIMITED:
            wait = self._buckets.take(_caller(scope, headers))
            if wait > 0:
                await self._refuse(429, scope, receive, with_headers, {"Retry-After": str(int(wait) + 1)})
                return
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MOST_BODY_BYTES or b"transfer-encoding" in headers:
            await self._refuse(413, scope, receive, with_headers, {})
            return
        await self._app(scope, receive, with_headers)

    async def _refuse(self, status: int, scope: Scope, receive: Receive, send: Send, headers: dict[str, str]) -> None:
        detail = {
            413: f"at most {MOST_BODY_BYTES} bytes, with a Content-Length",
            429: "wait a moment, and ask less often",
        }[status]
        await answer(Problem(title=title_of(status), status=status, detail=detail), headers)(scope, receive, send)


class Buckets:
    """A bucket of requests for each caller, that fills at a steady pace and holds what half a minute brings."""

    def __init__(self, per_minute: int) -> None:
        self._pace = per_minute / 60
        self._most = max(per_minute / 2, 1.0)
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def take(self, caller: bytes, now: float | None = None) -> float:
        """Take one request out; gives the seconds to wait when there is none, else 0."""
        now = time.monotonic() if now is None else now
        left, at = self._buckets.pop(caller, (self._most, now))
        left = min(self._most, left + (now - at) * self._pace)
        wait = 0.0 if left >= 1 else (1 - left) / self._pace
        self._buckets[caller] = (left if wait else left - 1, now)
        while len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        return wait


def _caller(scope: Scope, headers: dict[bytes, bytes]) -> bytes:
    """Who asks: a hash of the token, so that none is kept; else the address."""
    given = headers.get(b"authorization")
    if given:
        return sha256(given).digest()
    client: Any = scope.get("client") or ("",)
    return str(client[0]).encode()


def _completed(headers: Any) -> list[tuple[bytes, bytes]]:
    found = list(headers)
    there = {name.lower() for name, _ in found}
    found += [(name.encode(), text.encode()) for name, text in _HEADERS.items() if name.encode() not in there]
    return found
