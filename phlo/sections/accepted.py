"""Which data pydantic has accepted before, so that later commands need not load it.

Only a digest of the data is remembered, never a value: values are read from the file each time. So nobody can bring in
a value by this file, and no secret gets into it. It is in the user's cache folder, because the files of a project may
come from a stranger. Whatever is wrong with it, pydantic checks the data again.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import phlo
from phlo.kept_file import write_kept

try:
    from _blake2 import blake2b  # what hashlib offers, without OpenSSL's start
except ImportError:  # an interpreter built without it
    from hashlib import blake2b

FILE_NAME = "accepted"
MOST_KEPT = 500
_DIGEST_BYTES = 20
_MOST_BYTES = MOST_KEPT * (2 * _DIGEST_BYTES + 1)
# What decides what is accepted: a checkout of phlo changes without its version.
_TOP = os.path.dirname(phlo.__file__)
_JUDGES = (
    *("config/project_config.py", "config/project_models.py", "discovery/parts.py", "discovery/service_models.py"),
    *("compose/attribute.py", "compose/attributes.py", "compose/loose.py"),
    *("operations/arguments.py", "operations/argument_models.py", "operations/argument_types.py"),
)
_FOLDERS = ("sections", "compose/rows")


class Accepted:
    """The digests of accepted data.

    folder: the user's cache folder; None keeps nothing. name: of the file in it, one for each sort of data.
    """

    def __init__(self, folder: Path | None, name: str = FILE_NAME) -> None:
        self._path = folder / name if folder else None
        self._known: frozenset[str] | None = None  # read when it is first asked for

    def __contains__(self, data: object) -> bool:
        if self._path is None:
            return False
        if self._known is None:
            self._known = frozenset(self._read())
        return digest_of(data) in self._known

    def add(self, data: Any) -> None:
        """Remember that `data` was accepted. A folder that cannot be written to is not an error."""
        if self._path is None:
            return
        lines = [*self._read()[1 - MOST_KEPT :], digest_of(data)]
        self._known = frozenset(lines)
        try:
            write_kept(str(self._path), "".join(f"{line}\n" for line in lines).encode())
        except OSError:
            return

    def _read(self) -> list[str]:
        """The digests, the oldest first; none of a file that somebody else can write to."""
        if self._path is None:
            return []
        try:
            with self._path.open("rb") as stream:
                about = os.fstat(stream.fileno())
                if about.st_uid != os.geteuid() or about.st_mode & 0o022 or about.st_size > _MOST_BYTES:
                    return []
                return stream.read().decode("ascii").split()
        except (OSError, ValueError):
            return []


def digest_of(data: object) -> str:
    """A digest of data as YAML gives it, and of what decides whether it is accepted."""
    text = repr((_made_by(phlo.__version__), data))
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=_DIGEST_BYTES).hexdigest()


@functools.cache
def _made_by(version: str) -> tuple[object, ...]:
    """The version of phlo, and the time, size and number of each file that decides."""
    inside = (f"{folder}/{name}" for folder in _FOLDERS for name in sorted(os.listdir(os.path.join(_TOP, folder))))
    judges = [os.stat(os.path.join(_TOP, name)) for name in (*_JUDGES, *inside) if name.endswith(".py")]
    return version, *((one.st_mtime_ns, one.st_size, one.st_ino) for one in judges)
