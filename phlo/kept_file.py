"""Writes files of the cache folders. Imports next to nothing, as the way to `phlo --help` does."""

from __future__ import annotations

import os
from _thread import get_ident


def write_kept(path: str, data: bytes) -> None:
    """Write a file in one piece, for its owner alone. Raises OSError, after which nothing of it is left."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    temporary = f"{path}.{os.getpid()}.{get_ident()}"
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(data)
        os.replace(temporary, path)
    except BaseException:
        try:
            os.unlink(temporary)
        except OSError:
            pass  # it was not made
        raise
