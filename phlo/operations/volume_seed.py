"""A volume that is made out of a folder of the control machine, its files with their owners and modes.

The volume comes to be with a container that is never started, through which it is filled, and which goes when it is
full. So a volume whose container is there was not filled to the end, and is filled again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from phlo.errors import OperationError
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.engine_requests import path_part
from phlo.hosts.host import Host
from phlo.operations.volume_container import FOLDER, never_started
from phlo.size import size_text
from phlo.values import NEVER_SENT


def is_half_seeded(volume: str, engine: EngineReader) -> bool:
    """Whether a run that was killed has left it without all of its files; nothing has used it then."""
    return engine.get_or_none(f"/containers/{_holder(volume)}/json") is not None


def seed(volume: str, folder: Path, labels: Mapping[str, str], host: Host) -> None:
    """Create a volume and fill it with files, folders and links, without `NEVER_SENT`, which no container needs."""
    import tarfile
    import tempfile

    engine, holder = host.engine, f"/containers/{_holder(volume)}"
    if is_half_seeded(volume, engine.reader()):
        engine.delete(holder, force=True, v=True)
    with tempfile.TemporaryFile() as archive:
        try:
            with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
                for path in _found(folder):
                    tar.add(path, arcname=path.relative_to(folder).as_posix(), recursive=False)
        except OSError as reason:
            where = reason.filename or folder
            raise OperationError(f"cannot be read: {reason.strerror}", where=where) from None
        size = archive.tell()
        archive.seek(0)
        engine.post("/containers/create", never_started(engine, volume, labels=labels), name=_holder(volume))
        host.progress(f"sending {folder.name}: {size_text(size)}")
        engine.put_archive(_holder(volume), FOLDER, archive)
    engine.delete(holder, force=True, v=True)


def _holder(volume: str) -> str:
    return path_part(f"{volume}-phlo-seed")


def _found(folder: Path) -> Iterator[Path]:
    """The folder itself, whose owner and mode the volume has, and what is in it; nothing when it is not there."""
    if not folder.is_dir():
        return
    yield folder
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in NEVER_SENT)
        for path in (Path(at, name) for name in sorted((*folders, *files))):
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode) or stat.S_ISREG(mode) or stat.S_ISLNK(mode):
                yield path
