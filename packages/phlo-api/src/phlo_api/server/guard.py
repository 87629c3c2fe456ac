"""Checks before every route: limits of requests, of wrong tokens and of the body's size; headers for browsers.

Plain ASGI, because Starlette's function middleware would hold back answers that are streamed.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from phlo_api.server.buckets import Buckets
from phlo_api.server.client_address import ClientAddresses
from phlo_api.server.models import Problem
from phlo_api.server.problems import answer, title_of

MOST_BODY_BYTES = 1_000_000
MOST_PROVEN = 1000
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
    """Wraps the application.

    requests_per_minute: of one valid token, or of one address without one. wrong_tokens_per_minute: of one address.
    is_known: whether a token is valid, as far as can be said without waiting.

    A token that was not valid from this address before takes from the address's bucket of wrong tokens, and gives back
    when it is. Once the bucket is empty such tokens are refused unread: nobody guesses on, and who has signed in from
    there before is not locked out.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        requests_per_minute: int,
        wrong_tokens_per_minute: int,
        addresses: ClientAddresses,
        is_known: Callable[[str], bool],
    ) -> None:
        self._app = app
        self._is_known = is_known
        self._addresses = addresses
        self._requests = Buckets(requests_per_minute)
        self._wrong = Buckets(wrong_tokens_per_minute)
        self._proven: OrderedDict[bytes, None] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        address = await self._addresses.of(scope)
        scope.setdefault("state", {})["address"] = address
        given = headers.get(b"authorization")
        network = _network(address)
        caller = sha256(network + b" " + given).digest() if given else network
        is_guess = given is not None and caller not in self._proven

        async def answering(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _completed(message.get("headers", []))
                if given is not None:
                    is_valid = bool(scope["state"].get("is_identified"))
                    is_wrong = message["status"] == 401
                    self._learn(caller, network, is_guess=is_guess, is_valid=is_valid, is_wrong=is_wrong)
            await send(message)

        status, wait = self._refusal(scope["path"], headers, network if is_guess else caller, network, is_guess)
        if status:
            retry = {"Retry-After": str(int(wait) + 1)} if wait else {}
            await self._refuse(status, scope, receive, _with_headers(send), retry)
            return
        is_guess = is_guess and given is not None and not self._prove(given, caller, network)
        await self._app(scope, receive, answering)

    def _refusal(
        self, path: str, headers: dict[bytes, bytes], caller: bytes, network: bytes, is_guess: bool
    ) -> tuple[int, float]:
        """The status to refuse a request with, 0 for none, and the seconds to wait."""
        if path not in _UNLIMITED and (wait := self._requests.take(caller)):
            return 429, wait
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MOST_BODY_BYTES or b"transfer-encoding" in headers:
            return 413, 0
        if is_guess and (wait := self._wrong.take(network)):
            return 429, wait
        return 0, 0

    def _prove(self, given: bytes, caller: bytes, network: bytes) -> bool:
        """Whether a token is known to be valid; many that come at once then do not count as guesses."""
        scheme, _, token = given.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not self._is_known(token.strip()):
            return False
        self._learn(caller, network, is_guess=True, is_valid=True, is_wrong=False)
        return True

    def _learn(self, caller: bytes, network: bytes, *, is_guess: bool, is_valid: bool, is_wrong: bool) -> None:
        """Take note of what became of a token. One that no route looked at was neither valid nor wrong."""
        if is_wrong:
            self._proven.pop(caller, None)
            return
        if is_guess:
            self._wrong.give_back(network)
        if is_valid:
            self._proven[caller] = None
            self._proven.move_to_end(caller)
            while len(self._proven) > MOST_PROVEN:
                self._proven.popitem(last=False)

    async def _refuse(self, status: int, scope: Scope, receive: Receive, send: Send, headers: dict[str, str]) -> None:
        detail = {
            413: f"at most {MOST_BODY_BYTES} bytes, with a Content-Length",
            429: "wait a moment, and ask less often",
        }[status]
        await answer(Problem(title=title_of(status), status=status, detail=detail), headers)(scope, receive, send)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = _completed(message.get("headers", []))
        await send(message)

    return sending


def _network(address: str) -> bytes:
    """What counts as one address: of IPv6 the /64, all of which one machine may have."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address.encode()
    if found.version == 4:
        return found.packed
    return (found.ipv4_mapped or found).packed[:8]


def _completed(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    there = {name.lower() for name, _ in headers}
    more = [(name.encode(), text.encode()) for name, text in _HEADERS.items() if name.encode() not in there]
    return [*headers, *more]
