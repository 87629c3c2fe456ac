"""Files as the tar archive that the Engine API takes."""

from __future__ import annotations

import io
from collections.abc import Iterable

from phlo.hosts.engine import Engine
from phlo.values import FileSpec


def put_files(engine: Engine, container: str, files: Iterable[FileSpec], mounts: Iterable[str]) -> None:
    """Put files into a container, those inside a mount through it.

    mounts: folders in the container that something is mounted on. A read-only root file system takes no files, a
    volume mounted on it does.
    """
    folders = sorted(mounts, key=len, reverse=True)
    groups: dict[str, list[FileSpec]] = {}
    for spec in files:
        folder = next((folder for folder in folders if spec.path.startswith(f"{folder.rstrip('/')}/")), "/")
        groups.setdefault(folder, []).append(spec)
    for folder, inside in groups.items():
        engine.put_archive(container, folder, archive_of(inside, folder=folder))


def archive_of(files: Iterable[FileSpec], *, folder: str = "/") -> bytes:
    """A tar archive with paths taken from `folder`, owners and modes as given, the time 0 (so that equal files are
    equal bytes)."""
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for spec in files:
            data = spec.data()
            entry = tarfile.TarInfo(spec.path.removeprefix(folder).lstrip("/"))
            entry.size, entry.mode, entry.uid, entry.gid = len(data), spec.mode, spec.uid, spec.gid
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
