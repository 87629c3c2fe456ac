"""What a backup holds, as manifest.json in it says."""

from __future__ import annotations

import json
from typing import Any

from phlo.errors import ConfigError
from phlo.frozen import dataclass

FORMAT = 2
# The first had no MAC beside the manifest.
_READABLE = (1, FORMAT)
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
    path:    where it is in the archive, a file or a folder.
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
    """created: UTC, ISO 8601. phlo: its version. entries: in the order in which they are restored."""

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
    """The manifest of a text. Raises ConfigError when anything in it does not fit the form.

    Every path has to be the one that belongs to its service or volume, so that a manifest can name no other file.
    """
    from pydantic import ValidationError

    from phlo.backup.form import ManifestForm

    try:
        data = json.loads(text)
        if isinstance(data, dict) and data.get("format", FORMAT) not in _READABLE:
            fix = "Restore it with the phlo that made it, or a newer one."
            raise ConfigError(f"is of the form {data['format']}, this phlo knows {FORMAT}", where=where, fix=fix)
        form = ManifestForm.model_validate(data)
    except ValidationError as reason:
        place = ".".join(map(str, reason.errors()[0]["loc"])) or "file"
        what = f"is not a manifest: {place}: {reason.errors()[0]['msg']}"
        raise ConfigError(what, where=where, fix="Is it a backup of phlo?") from None
    except (ValueError, RecursionError):
        raise ConfigError("is not a manifest", where=where, fix="Is it a backup of phlo?") from None
    entries = tuple(
        Entry(
            service=entry.service,
            path=entry.path,
            volume=entry.volume,
            image=entry.image,
            version=entry.version,
            package=entry.package,
            files=tuple(BackupFile(path=file.path, size=file.size, sha256=file.sha256) for file in entry.files),
        )
        for entry in form.entries
    )
    return Manifest(project=form.project, created=form.created, phlo=form.phlo, entries=entries)
