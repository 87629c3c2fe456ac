"""What root writes in somebody else's folder belongs to them: they, and services that run as they, have to read it."""

from __future__ import annotations

import os
from pathlib import Path


def make_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing; each belongs to whom the one above it belongs to."""
    if path.is_dir():
        return
    if path.parent != path:
        make_folder(path.parent)
    path.mkdir(exist_ok=True)
    give(path, path.parent)


def give(target: Path | int, folder: Path) -> None:
    """Give a file, by its path or its descriptor, to the owner of a folder; only root can, nobody else needs to."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(target, owner.st_uid, owner.st_gid)
