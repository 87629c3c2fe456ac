"""The server around the application, with limits for clients that are slow or too many."""

from __future__ import annotations

import uvicorn

from phlo_api.server.app import create_app
from phlo_api.server.settings import Settings
from phlo_api.server.slow_clients import MOST_CONNECTIONS, BoundedProtocol


def server(settings: Settings, *, host: str, port: int) -> uvicorn.Server:
    """A server that listens once it is run. Only the application itself reads X-Forwarded-For."""
    return uvicorn.Server(
        uvicorn.Config(
            create_app(settings),
            host=host,
            port=port,
            http=BoundedProtocol,
            ws="none",
            backlog=MOST_CONNECTIONS,
            h11_max_incomplete_event_size=32_768,
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            # A stream is open for as long as its client listens: it ends when the server is asked to stop.
            timeout_graceful_shutdown=2,
        )
    )


def listen(settings: Settings, *, host: str, port: int) -> None:
    """Serve until a signal asks to stop."""
    server(settings, host=host, port=port).run()
