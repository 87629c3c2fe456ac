"""What the server is told: one JSON file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONFIG_FILE = Path("/etc/phlo-duckdb/duckdb.json")
# The guard has port 9400, and passes on what it lets through.
PORT = 9401


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """catalog, s3: facts of the capabilities of those names. timeout_seconds, max_rows: the most a request may have."""

    token: str
    catalog: dict[str, Any]
    s3: dict[str, Any]
    timeout_seconds: float = 60
    concurrency: int = 4
    max_rows: int = 100_000
    spill: Path = Path("/var/lib/duckdb")


def load_settings(path: Path = CONFIG_FILE) -> Settings:
    """Read the file that phlo put into the container."""
    return Settings(**json.loads(path.read_text()))
