"""What phlo says: where the metadata is, the secret key, the administrator, the databases to register."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path("/etc/phlo/superset.json")


def read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text())
    return found
