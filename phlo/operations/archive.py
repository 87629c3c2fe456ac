"""Files as the tar archive that the Engine API takes."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable

from phlo.values import FileSpec


def archive_of(files: Iterable[FileSpec]) -> bytes:
    """A tar archive with absolute paths taken from `/`, owners and modes as given, the time 0 (so that equal
    files are equal bytes)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for spec in files:
            data = spec.data()
            entry = tarfile.TarInfo(spec.path.lstrip("/"))
            entry.size, entry.mode, entry.uid, entry.gid = len(data), spec.mode, spec.uid, spec.gid
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
