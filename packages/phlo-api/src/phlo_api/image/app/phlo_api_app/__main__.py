"""Serve the API on port 4000."""

from __future__ import annotations

import uvicorn

from phlo_api_app.app import Settings, create_app

if __name__ == "__main__":
    host = "0.0.0.0"  # noqa: S104 - inside the container; service.yaml publishes it on loopback
    uvicorn.run(create_app(Settings()), host=host, port=4000, log_level="warning", server_header=False)
