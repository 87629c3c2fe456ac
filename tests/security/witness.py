"""Witnesses of an attack: which programs were started, which files were opened to be written, what changed on disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

_STARTS = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
    "pty.spawn",
)
_CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass
class Seen:
    """programs: argv of each. paths: that were opened to be written, or changed."""

    programs: list[list[str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


_watching: list[Seen] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    if event in _STARTS:
        words = arguments[1] if event == "subprocess.Popen" else arguments
        _watching[-1].programs.append(
            [str(word) for word in words] if isinstance(words, list | tuple) else [str(words)]
        )
    elif event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        _watching[-1].paths.append(os.fsdecode(arguments[0]) if not isinstance(arguments[0], int) else "")
    elif event in _CHANGES:
        _watching[-1].paths.append(str(arguments[0]))


sys.addaudithook(_hook)  # there is no way to remove one; it does nothing while nobody watches


@contextmanager
def watched() -> Iterator[Seen]:
    """What this process does meanwhile, in all of its threads."""
    seen = Seen()
    _watching.append(seen)
    try:
        yield seen
    finally:
        _watching.remove(seen)


def snapshot(*folders: Path, without: tuple[Path, ...] = ()) -> dict[str, tuple[int, str]]:
    """Every file below the folders with its mode and a hash of its content."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if any(path.is_relative_to(other) for other in without):
                continue
            content = sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
            found[str(path)] = path.lstat().st_mode, content
    return found
