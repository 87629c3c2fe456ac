"""An archive holds what its manifest says, or is refused."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from phlo.backup.archive import files_of, manifest_of, pack, unpack
from phlo.backup.manifest import Entry, Manifest
from phlo.errors import ConfigError


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Of a file, and of a folder with two."""
    folder = tmp_path / "in"
    for name, text in (("services/db", "rows"), ("services/store/a", "A" * 100_000), ("services/store/deep/b", "")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    entries = tuple(
        Entry(service=name, path=f"services/{name}", version="1", files=files_of(folder, f"services/{name}"))
        for name in ("db", "store")
    )
    manifest = Manifest(project="lake", created="2026-01-31T12:00:00Z", phlo="1.0", entries=entries)
    with (tmp_path / "lake.tar.gz").open("wb") as out:
        pack(manifest, folder, out)
    return tmp_path / "lake.tar.gz"


def test_what_is_packed_is_unpacked(archive: Path, tmp_path: Path) -> None:
    manifest = unpack(archive, tmp_path / "out")
    assert [(entry.service, entry.size) for entry in manifest.entries] == [("db", 4), ("store", 100_000)]
    assert manifest.size == 100_004
    for name in ("services/db", "services/store/a", "services/store/deep/b"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "in" / name).read_bytes()
    assert manifest_of(archive) == manifest


def rewritten(archive: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]) -> None:
    """The archive with its members changed."""
    with tarfile.open(archive) as tar:
        members = [(one, source.read()) for one in tar if (source := tar.extractfile(one))]
    change(members)
    with tarfile.open(archive, "w:gz") as tar:
        for one, data in members:
            one.size = len(data)
            tar.addfile(one, io.BytesIO(data))


def edited(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members[1] = (members[1][0], b"ROWS")


def shortened(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    del members[1]


def smuggled(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members.append((tarfile.TarInfo("../../etc/passwd"), b"x"))


def doubled(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members.append(members[1])


def newer(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members[0] = (members[0][0], members[0][1].replace(b'"format": 1', b'"format": 9'))


def headless(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    del members[0]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (edited, "services/db is not what it was"),
        (shortened, "services/db is missing"),
        (smuggled, "../../etc/passwd does not belong to it"),
        (doubled, "services/db does not belong to it"),
        (newer, "is of the form 9, this phlo knows 1"),
        (headless, "has no manifest.json at its beginning"),
    ],
)
def test_an_archive_that_is_not_what_its_manifest_says_is_refused(
    change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None], what: str, archive: Path, tmp_path: Path
) -> None:
    rewritten(archive, change)
    with pytest.raises(ConfigError) as caught:
        unpack(archive, tmp_path / "out")
    assert what in str(caught.value)
    assert not (tmp_path / "etc").exists()


def test_half_an_archive_is_refused(archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(ConfigError, match="is damaged"):
        unpack(archive, tmp_path / "out")


@pytest.mark.parametrize("data", [b"", b"text", gzip.compress(b"text", mtime=0)])
def test_another_file_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(ConfigError):
        unpack(tmp_path / "x", tmp_path / "out")


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        unpack(tmp_path / "x", tmp_path / "out")
