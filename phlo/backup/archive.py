"""The archive of a backup: a tar, compressed by gzip, whose first members are the manifest and its MAC."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import tarfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, Self

from phlo.backup.mac import MAC, MOST_MAC_BYTES, mac_of, why_unverified
from phlo.backup.manifest import MANIFEST, BackupFile, Manifest, read_manifest
from phlo.errors import ConfigError

_PIECE = 1024 * 1024
_MOST_HEADER_BYTES = 64 * 1024
_MOST_MANIFEST_BYTES = 128 * 1024 * 1024
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


def pack(manifest: Manifest, folder: Path, out: BinaryIO, *, key: bytes) -> None:
    """Write the archive of the files that the manifest names, which are below `folder`. key: makes the MAC."""
    data = manifest.text().encode()
    if len(data) > _MOST_MANIFEST_BYTES:
        fix = "Back up fewer services at once, or let their actions write fewer files (a tar of them)."
        raise ConfigError("the backup has too many files for one manifest", where="phlo backup", fix=fix)
    with (
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=_LEVEL, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, content in ((MANIFEST, data), (MAC, mac_of(data, key))):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o600
            tar.addfile(member, io.BytesIO(content))
        for entry in manifest.entries:
            for file in entry.files:
                member = tarfile.TarInfo(file.path)
                member.size, member.mode = file.size, 0o600
                with (folder / file.path).open("rb") as stream:
                    tar.addfile(member, stream)


class Contents(NamedTuple):
    """What an archive says that it holds. unverified: why its MAC cannot be checked, None when its MAC is right."""

    manifest: Manifest
    unverified: ConfigError | None


def contents_of(path: Path, *, keys: Collection[bytes]) -> Contents:
    """Read what an archive says that it holds. Raises ConfigError when it is not a backup, or was changed."""
    with _opened(path) as tar:
        return _head(tar, path, keys).contents


def unpack(path: Path, folder: Path, *, keys: Collection[bytes], accepts_unverified: bool = False) -> Contents:
    """Write the archive's files below `folder`, and verify each.

    keys: of the project. accepts_unverified: also an archive whose MAC cannot be checked.
    Raises ConfigError before anything is written when the MAC is wrong or cannot be checked, and when a file is
    missing, is not what the manifest says, or is in no manifest.
    """
    with _opened(path) as tar:
        contents, member = _head(tar, path, keys)
        if contents.unverified is not None and not accepts_unverified:
            raise contents.unverified
        _raise_for_space(contents.manifest, folder, path)
        wanted = {file.path: file for entry in contents.manifest.entries for file in entry.files}
        while member is not None:
            file = wanted.pop(member.name, None)
            if file is None or not member.isreg():
                raise _damaged(path, f"{member.name} does not belong to it")
            source = tar.extractfile(member) if member.size == file.size else None
            if source is None or _written(source, folder / file.path) != (file.size, file.sha256):
                raise _damaged(path, f"{member.name} is not what it was (its checksum differs)")
            member = tar.next()
        if wanted:
            raise _damaged(path, f"{min(wanted)} is missing")
    return contents


def _raise_for_space(manifest: Manifest, folder: Path, path: Path) -> None:
    """Raise ConfigError when the files need more space than there is; then nothing is unpacked."""
    start = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(start).free
    if manifest.size > free:
        what = f"unpacks to {manifest.size} bytes, and {start} has {free} free"
        raise ConfigError(what, where=path, fix="Name a folder with more space: --scratch DIR.")


class _Member(tarfile.TarInfo):
    """A header of a tar archive. Only files, and the small headers that hold a long name, are read at all.

    Without this, tarfile reads the whole of a header that claims any size into memory.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        member = super().frombuf(buf, encoding, errors)
        is_file = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE)
        if not is_file and (member.type != tarfile.XHDTYPE or member.size > _MOST_HEADER_BYTES):
            raise tarfile.ReadError(f"{member.name!r} is not a file")
        return member


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
        with tarfile.open(path, mode="r|gz", tarinfo=_Member) as tar:
            yield tar
    except FileNotFoundError:
        raise ConfigError("there is no such file", where=path, fix="Check the path of the archive.") from None
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as reason:
        raise _damaged(path, f"it ends early or cannot be read ({reason})") from None


class _Head(NamedTuple):
    """following: the first member after the manifest and its MAC."""

    contents: Contents
    following: tarfile.TarInfo | None


def _head(tar: tarfile.TarFile, path: Path, keys: Collection[bytes]) -> _Head:
    """Read the manifest and its MAC. The manifest's content is looked at only after the MAC was checked."""
    data = _read(tar, tar.next(), MANIFEST, _MOST_MANIFEST_BYTES)
    if data is None:
        raise ConfigError(f"has no {MANIFEST} at its beginning", where=path, fix="Is it an archive of `phlo backup`?")
    following = tar.next()
    mac = _read(tar, following, MAC, MOST_MAC_BYTES)
    unverified = why_unverified(data, mac, keys, where=path)
    manifest = read_manifest(data.decode(errors="replace"), where=f"{path} {MANIFEST}")
    return _Head(Contents(manifest, unverified), following if mac is None else tar.next())


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo | None, name: str, most: int) -> bytes | None:
    """The content of the member; None when it is another than the one called `name`."""
    source = tar.extractfile(member) if member is not None and member.name == name else None
    return None if source is None else source.read(most)


def _damaged(path: Path, what: str) -> ConfigError:
    return ConfigError(f"is damaged: {what}", where=path, fix="Nothing was restored. Take another copy of it.")
