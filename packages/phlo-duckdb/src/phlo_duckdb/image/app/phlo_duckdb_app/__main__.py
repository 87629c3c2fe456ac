"""Serve behind the guard, which has port 9400."""

from __future__ import annotations

from phlo_duckdb_app.app import create_app
from phlo_duckdb_app.serving import server
from phlo_duckdb_app.settings import PORT, load_settings

if __name__ == "__main__":
    server(create_app(load_settings()), host="127.0.0.1", port=PORT).run()
