"""Files that a command writes because it was asked to: plans, pictures, JUnit XML."""

from __future__ import annotations

import os
from pathlib import Path

from phlo.errors import ConfigError

_FIX = "Name a file in an existing folder that you may write to."


def unwritable(path: Path, reason: OSError) -> ConfigError:
    """The error for a file that could not be written."""
    return ConfigError(f"cannot be written: {reason.strerror}", where=path, fix=_FIX)


def check_writable(path: Path) -> None:
    """Raise ConfigError, before any work is done, for a file that could not be written after it.

    Folders that are not there are those that the one who writes makes.
    """
    if path.is_dir():
        raise ConfigError("is a folder", where=path, fix="Name a file in it.")
    folder = next(folder for folder in path.parents if folder.exists())
    if not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise ConfigError(f"cannot be written: {folder} does not let you", where=path, fix=_FIX)
