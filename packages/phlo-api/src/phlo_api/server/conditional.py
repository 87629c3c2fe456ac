"""ETag (RFC 9110, section 8.8.3) and compression of answers to GET; streams pass as they are."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from hashlib import sha256

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Smaller ones fit into one packet anyway.
LEAST_COMPRESSED_BYTES = 1000
LARGE_BYTES = 50_000
_LEVEL = 5
Headers = list[tuple[bytes, bytes]]


class Conditional:
    """Wraps the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = bytearray()

        async def sending(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _is_whole(message):
                start = message
            elif message["type"] == "http.response.body" and start is not None:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await _answer(start, bytes(body), dict(scope["headers"]), send)
            else:
                await send(message)

        await self._app(scope, receive, sending)


def accepts_gzip(header: bytes) -> bool:
    """Whether an Accept-Encoding takes gzip: it is named, or `*` is, and not with `q=0`."""
    weights = {}
    for part in header.decode("latin-1").lower().split(","):
        name, _, more = part.partition(";")
        weights[name.strip()] = more.replace(" ", "").removeprefix("q=").rstrip("0.") != "" or not more
    return weights.get("gzip", weights.get("*", False))


def is_known(tag: bytes, if_none_match: bytes) -> bool:
    """Whether an If-None-Match names the tag; compared weakly, as for a GET."""
    known = [one.strip().removeprefix(b"W/") for one in if_none_match.split(b",")]
    return b"*" in known or tag.removeprefix(b"W/") in known


def _is_whole(start: Message) -> bool:
    """Whether an answer is held back to look at all of it: not a stream, nothing compressed, no tag of its own."""
    headers = dict(start.get("headers", ()))
    is_stream = headers.get(b"content-type", b"").startswith(b"text/event-stream")
    return start["status"] == 200 and not is_stream and headers.keys().isdisjoint((b"content-encoding", b"etag"))


async def _answer(start: Message, body: bytes, asked: dict[bytes, bytes], send: Send) -> None:
    tag = b'W/"' + sha256(body).hexdigest()[:32].encode() + b'"'
    own = [
        (b"etag", tag),
        (b"vary", b"Authorization, Accept-Encoding"),
        (b"cache-control", b"private, no-cache"),
    ]
    if is_known(tag, asked.get(b"if-none-match", b"")):
        await _send(304, own, b"", send)
        return
    headers = [*_without(start["headers"], (b"content-length", b"cache-control", b"vary")), *own]
    if len(body) >= LEAST_COMPRESSED_BYTES and accepts_gzip(asked.get(b"accept-encoding", b"")):
        is_large = len(body) >= LARGE_BYTES
        body = await asyncio.to_thread(gzip.compress, body, _LEVEL) if is_large else gzip.compress(body, _LEVEL)
        headers.append((b"content-encoding", b"gzip"))
    await _send(200, [*headers, (b"content-length", str(len(body)).encode())], body, send)


async def _send(status: int, headers: Headers, body: bytes, send: Send) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _without(headers: Sequence[tuple[bytes, bytes]], names: Sequence[bytes]) -> Headers:
    return [(name, value) for name, value in headers if name.lower() not in names]
