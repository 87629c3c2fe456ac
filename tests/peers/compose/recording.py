"""The file that keeps what Compose made of each file set."""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.peers.compose.fileset import FileSet, from_plain

FILE = Path(__file__).with_name("recorded.json.xz")
# Stands for the folder that a project and its home folder are in.
ROOT = "/@root@"

# Digest of a file set -> its name and files, and what each version of Compose made of it.
Recording = dict[str, dict[str, Any]]


def load() -> Recording:
    if not FILE.exists():
        return {}
    found: Recording = json.loads(lzma.decompress(FILE.read_bytes()))
    return found


def sets(recording: Mapping[str, Any]) -> list[FileSet]:
    """The file sets that are recorded."""
    return [from_plain(one["group"], one["name"], one["set"]) for one in recording.values()]


def save(recording: Mapping[str, Any]) -> None:
    """Write the file; the same recording gives the same bytes."""
    by_name = dict(sorted(recording.items(), key=lambda item: (item[1]["group"], item[1]["name"])))
    text = json.dumps(by_name, ensure_ascii=False, separators=(",", ":"))
    FILE.write_bytes(lzma.compress(text.encode(), preset=9))


def substituted(value: Any, old: str, new: str) -> Any:
    """`value` with `old` replaced by `new` in every text, keys included."""
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {substituted(key, old, new): substituted(item, old, new) for key, item in value.items()}
    return [substituted(item, old, new) for item in value] if isinstance(value, list) else value
