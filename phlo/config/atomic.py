"""Writing a file so that a reader, or a power cut, sees the old one or the new one."""

from __future__ import annotations

import os
from pathlib import Path

from phlo.config.ownership import give


def replace_file(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write `data` to `path` through a temporary file of the same folder.

    A symbolic link stays one; what it points to is replaced.
    mode: permissions of the file; None keeps those it has (0644 for a new one).
    Raises OSError, which names the file and not the temporary one.
    """
    try:
        _replace(path, data, mode)
    except OSError as reason:
        reason.filename = str(path)
        raise


def new_file(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, whole or not at all. Raises FileExistsError when it is there.

    Raises OSError, which names the file, when it cannot be written; nothing of it is left then.
    """
    try:
        with path.open("xb") as file:
            try:
                give(file.fileno(), path.parent)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                path.unlink()
                raise
    except OSError as reason:
        reason.filename = str(path)
        raise
    _sync_folder(path.parent)


def _replace(path: Path, data: bytes, mode: int | None) -> None:
    target = path.resolve()
    if mode is None:
        mode = target.stat().st_mode & 0o7777 if target.exists() else 0o644
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            give(file.fileno(), target.parent)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
