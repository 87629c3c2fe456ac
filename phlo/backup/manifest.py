"""What a backup holds, as manifest.json in it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from phlo.errors import ConfigError
from phlo.frozen import dataclass

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFile:
    """path: in the archive."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one service, or one volume, has in the archive.

    volume:  key of the volume whose content it is; None: it is what the service's own action wrote.
    path:    where it stands in the archive, a file or a folder.
    image, version, package: what ran when it was made.
    """

    service: str
    path: str
    volume: str | None = None
    image: str = ""
    version: str = ""
    package: str = ""
    files: tuple[BackupFile, ...] = ()

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """created: UTC, ISO 8601. phlo: its version. entries: in the order in which they are put back."""

    project: str
    created: str
    phlo: str
    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        return sum(entry.size for entry in self.entries)

    def text(self) -> str:
        return json.dumps({"format": FORMAT, **_plain(self)}, indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, (Manifest, Entry, BackupFile)):
        return {name: _plain(getattr(value, name)) for name in type(value).__slots__}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def read_manifest(text: str, *, where: object) -> Manifest:
    """The manifest of a text. Raises ConfigError when it is none, or of a form that this phlo does not know."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            fix = "Restore it with the phlo that made it, or a newer one."
            raise ConfigError(f"is of the form {data['format']}, this phlo knows {FORMAT}", where=where, fix=fix)
        return Manifest(
            project=data["project"],
            created=data["created"],
            phlo=data["phlo"],
            entries=tuple(_entry(entry) for entry in data["entries"]),
        )
    except (ValueError, KeyError, TypeError) as reason:
        raise ConfigError(f"is not a manifest: {reason!r}", where=where, fix="Is it a backup of phlo?") from None


def _entry(data: Mapping[str, Any]) -> Entry:
    return Entry(**{**data, "files": tuple(BackupFile(**file) for file in data["files"])})
