"""The file that keeps what ansible-core made of each case."""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("recorded.json.xz")
# Stands for the folder of a case.
ROOT = "/@root@"

# Digest of a case -> what ansible-core made of it.
Recording = dict[str, Any]


def load() -> Recording:
    if not FILE.exists():
        return {}
    found: Recording = json.loads(lzma.decompress(FILE.read_bytes()))
    return found


def save(recording: Mapping[str, Any]) -> None:
    """Write the file; the same recording gives the same bytes."""
    text = json.dumps(dict(sorted(recording.items())), separators=(",", ":"))
    FILE.write_bytes(lzma.compress(text.encode(), preset=9))
