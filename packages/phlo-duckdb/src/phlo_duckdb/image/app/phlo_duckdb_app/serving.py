"""The server around the application, with limits for clients that are slow, too many, or send too much."""

from __future__ import annotations

import json
from typing import Any

import uvicorn

from phlo_duckdb_app.slow_clients import MOST_CONNECTIONS, BoundedProtocol

MOST_BODY_BYTES = 1_000_000


def server(app: Any, *, host: str, port: int) -> uvicorn.Server:
    """A server that listens once it is run."""
    return uvicorn.Server(
        uvicorn.Config(
            BodyLimit(app),
            host=host,
            port=port,
            http=BoundedProtocol,
            ws="none",
            backlog=MOST_CONNECTIONS,
            h11_max_incomplete_event_size=32_768,
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    )


class BodyLimit:
    """Reads the body before the application does, and answers 413 when it is too large."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MOST_BODY_BYTES:
            await _refuse(send)
            return
        body = bytearray()
        message = {"more_body": True}
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
            if len(body) > MOST_BODY_BYTES:
                await _refuse(send)
                return
        whole = [{**message, "body": bytes(body)}]

        async def received() -> Any:
            return whole.pop() if whole else await receive()

        await self._app(scope, received, send)


async def _refuse(send: Any) -> None:
    text = f"a request has at most {MOST_BODY_BYTES} bytes"
    body = json.dumps({"error": {"type": "TooLarge", "message": text}}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": body})
