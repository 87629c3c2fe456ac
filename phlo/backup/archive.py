"""The archive of a backup: a tar, compressed by gzip, whose first member is the manifest."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from phlo.backup.manifest import MANIFEST, BackupFile, Manifest, read_manifest
from phlo.errors import ConfigError

_PIECE = 1024 * 1024
_MOST_MANIFEST_BYTES = 16 * 1024 * 1024
# Dumps are often compressed already; more would cost time and gain little.
_LEVEL = 3


def files_of(folder: Path, path: str) -> tuple[BackupFile, ...]:
    """The files at `path` below `folder`, a file or all in a folder, with their checksums."""
    start = folder / path
    found = [start] if start.is_file() else sorted(one for one in start.rglob("*") if one.is_file())
    return tuple(_file(one, one.relative_to(folder).as_posix()) for one in found)


def _file(path: Path, name: str) -> BackupFile:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        for piece in _pieces(stream):
            digest.update(piece)
            size += len(piece)
    return BackupFile(path=name, size=size, sha256=digest.hexdigest())


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece


def pack(manifest: Manifest, folder: Path, out: BinaryIO) -> None:
    """Write the archive of the files that the manifest names, which are below `folder`."""
    data = manifest.text().encode()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=_LEVEL, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        member = tarfile.TarInfo(MANIFEST)
        member.size, member.mode = len(data), 0o600
        tar.addfile(member, io.BytesIO(data))
        for entry in manifest.entries:
            for file in entry.files:
                member = tarfile.TarInfo(file.path)
                member.size, member.mode = file.size, 0o600
                with (folder / file.path).open("rb") as stream:
                    tar.addfile(member, stream)


def manifest_of(path: Path) -> Manifest:
    """What an archive says that it holds. Raises ConfigError when it is no backup."""
    with _opened(path) as tar:
        return _manifest(tar, path)


def unpack(path: Path, folder: Path) -> Manifest:
    """Write the archive's files below `folder`, and verify each.

    Raises ConfigError when one is missing, is not what the manifest says, or is in no manifest.
    """
    with _opened(path) as tar:
        manifest = _manifest(tar, path)
        wanted = {file.path: file for entry in manifest.entries for file in entry.files}
        while member := tar.next():
            file = wanted.pop(member.name, None)
            if file is None or ".." in PurePosixPath(file.path).parts or file.path.startswith("/"):
                raise _damaged(path, f"{member.name} does not belong to it")
            source = tar.extractfile(member)
            if source is None or _written(source, folder / file.path) != (file.size, file.sha256):
                raise _damaged(path, f"{member.name} is not what it was (its checksum differs)")
        if wanted:
            raise _damaged(path, f"{min(wanted)} is missing")
    return manifest


def _written(source: IO[bytes], target: Path) -> tuple[int, str]:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as out:
        for piece in _pieces(source):
            digest.update(piece)
            size += len(piece)
            out.write(piece)
    return size, digest.hexdigest()


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, mode="r|gz") as tar:
            yield tar
    except FileNotFoundError:
        raise ConfigError("there is no such file", where=path, fix="Check the path of the archive.") from None
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as reason:
        raise _damaged(path, f"it ends early or cannot be read ({reason})") from None


def _manifest(tar: tarfile.TarFile, path: Path) -> Manifest:
    first = tar.next()
    source = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
    if source is None:
        raise ConfigError(f"has no {MANIFEST} at its beginning", where=path, fix="Is it an archive of `phlo backup`?")
    return read_manifest(source.read(_MOST_MANIFEST_BYTES).decode(errors="replace"), where=f"{path} {MANIFEST}")


def _damaged(path: Path, what: str) -> ConfigError:
    return ConfigError(f"is damaged: {what}", where=path, fix="Nothing was restored. Take another copy of it.")
