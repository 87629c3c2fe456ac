"""Serve on port 9400."""

from __future__ import annotations

import uvicorn

from phlo_duckdb_app.app import create_app
from phlo_duckdb_app.settings import PORT, load_settings

if __name__ == "__main__":
    uvicorn.run(
        create_app(load_settings()),
        host="0.0.0.0",  # noqa: S104 - inside the container; service.yaml publishes it on loopback
        port=PORT,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=5,
    )
