"""Reading the end of a file; `phlo.bounded` has everything else that reads foreign data within limits."""

from __future__ import annotations

import os
from pathlib import Path


def last_bytes(path: Path, most_bytes: int) -> tuple[bytes, bool]:
    """The end of a file, and whether its beginning was left out. Raises OSError."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - most_bytes))
        return file.read(most_bytes), size > most_bytes
