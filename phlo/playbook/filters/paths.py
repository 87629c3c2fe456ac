"""Filters for paths."""

from __future__ import annotations

import ntpath
import os.path
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

PATH_FILTERS: Mapping[str, Callable[..., Any]] = {
    "basename": lambda path: os.path.basename(str(path)),
    "dirname": lambda path: os.path.dirname(str(path)),
    "splitext": lambda path: list(os.path.splitext(str(path))),
    "normpath": lambda path: os.path.normpath(str(path)),
    "path_join": lambda parts: str(PurePosixPath(*([parts] if isinstance(parts, str) else parts))),
    "commonpath": lambda paths: os.path.commonpath([str(path) for path in paths]),
    "realpath": lambda path: os.path.realpath(str(path)),
    "relpath": lambda path, start=".": os.path.relpath(str(path), str(start)),
    "expanduser": lambda path: os.path.expanduser(str(path)),
    "expandvars": lambda path: os.path.expandvars(str(path)),
    "win_basename": lambda path: ntpath.basename(str(path)),
    "win_dirname": lambda path: ntpath.dirname(str(path)),
    "win_splitdrive": lambda path: list(ntpath.splitdrive(str(path))),
}
