"""An archive holds what its manifest says, or is refused."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from phlo.backup.archive import contents_of, files_of, pack
from phlo.backup.archive import unpack as unpack_with
from phlo.backup.mac import MAC, mac_of
from phlo.backup.manifest import Entry, Manifest, read_manifest
from phlo.errors import ConfigError

KEY, OTHER_KEY = bytes(32), bytes(range(32))


def manifest_of(path: Path) -> Manifest:
    return contents_of(path, keys=[KEY]).manifest


def unpack(path: Path, folder: Path) -> Manifest:
    return unpack_with(path, folder, keys=[KEY]).manifest


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
        pack(manifest, folder, out, key=KEY)
    return tmp_path / "lake.tar.gz"


def test_what_is_packed_is_unpacked(archive: Path, tmp_path: Path) -> None:
    manifest = unpack(archive, tmp_path / "out")
    assert [(entry.service, entry.size) for entry in manifest.entries] == [("db", 4), ("store", 100_000)]
    assert manifest.size == 100_004
    for name in ("services/db", "services/store/a", "services/store/deep/b"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "in" / name).read_bytes()
    assert manifest_of(archive) == manifest


def rewritten(
    archive: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None], *, key: bytes | None = KEY
) -> None:
    """The archive with its members changed. key: of the new MAC; None keeps the old one."""
    with tarfile.open(archive) as tar:
        members = [(one, source.read()) for one in tar if (source := tar.extractfile(one))]
    change(members)
    if key is not None and [one.name for one, _ in members[:2]] == ["manifest.json", MAC]:
        members[1] = (members[1][0], mac_of(members[0][1], key))
    with tarfile.open(archive, "w:gz") as tar:
        for one, data in members:
            one.size = len(data)
            tar.addfile(one, io.BytesIO(data))


def edited(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members[2] = (members[2][0], b"ROWS")


def shortened(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    del members[2]


def smuggled(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members.append((tarfile.TarInfo("../../etc/passwd"), b"x"))


def doubled(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members.append(members[2])


def newer(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members[0] = (members[0][0], members[0][1].replace(b'"format": 2', b'"format": 9'))


def headless(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    del members[0]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (edited, "services/db is not what it was"),
        (shortened, "services/db is missing"),
        (smuggled, "../../etc/passwd does not belong to it"),
        (doubled, "services/db does not belong to it"),
        (newer, "is of the form 9, this phlo knows 2"),
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


def renamed(old: bytes, new: bytes) -> Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        assert old in members[0][1]
        members[0] = (members[0][0], members[0][1].replace(old, new, 1))

    return change


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"path": "services/db"', b'"path": "/etc"'),
        (b'"path": "services/db"', b'"path": "../../../etc"'),
        (b'"path": "services/db"', b'"path": "services/store"'),
        (b'"path": "services/store/a"', b'"path": "/etc/passwd"'),
        (b'"path": "services/store/a"', b'"path": "services/store/../../../x"'),
        (b'"path": "services/store/a"', b'"path": "services/store//a"'),
        (b'"path": "services/store/a"', b'"path": "services/store/deep/b"'),
        (b'"service": "db"', b'"service": "../db"'),
        (b'"service": "db"', b'"service": "-i"'),
        (b'"volume": null', b'"volume": "data"'),
        (b'"size": 4', b'"size": -4'),
        (b'"size": 4', b'"size": "4"'),
        (b'"project": "lake"', b'"project": "\\u001b[2J"'),
        (b'"phlo"', b'"other"'),
        (b'"files": [', b'"more": 1, "files": ['),
    ],
)
def test_a_manifest_that_names_anything_else_is_refused(old: bytes, new: bytes, archive: Path, tmp_path: Path) -> None:
    rewritten(archive, renamed(old, new))
    for read in (manifest_of, lambda path: unpack(path, tmp_path / "out")):
        with pytest.raises(ConfigError, match="is not a manifest"):
            read(archive)
    assert not (tmp_path / "out").exists()


def test_every_key_of_a_manifest_is_checked(archive: Path) -> None:
    text = manifest_of(archive).text()

    def mutated(value: object) -> Iterator[object]:
        """The value with each key in it missing or of another type."""
        if isinstance(value, dict):
            for key, item in value.items():
                yield {name: kept for name, kept in value.items() if name != key}
                yield from ({**value, key: other} for other in (7.5, {}, [[1]]))
                yield from ({**value, key: inner} for inner in mutated(item))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from ([*value[:index], inner, *value[index + 1 :]] for inner in mutated(item))

    found = list(mutated(json.loads(text)))
    assert len(found) > 50
    for changed in found:
        with pytest.raises(ConfigError):
            read_manifest(json.dumps(changed), where="x")


@pytest.mark.parametrize("text", ["[" * 100_000, "", "[]", "7", "\x00", '{"format": 1'])
def test_a_torn_or_hostile_text_is_no_manifest(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a manifest"):
        read_manifest(text, where="x")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_only_files_are_unpacked(kind: bytes, archive: Path, tmp_path: Path) -> None:
    with tarfile.open(archive) as tar:
        members = [(one, source.read()) for one in tar if (source := tar.extractfile(one))]
    with tarfile.open(archive, "w:gz") as tar:
        for one, data in members:
            if one.name == "services/db":
                one.type, one.linkname, data = kind, "/etc/passwd", b""
                one.size = 0
            tar.addfile(one, io.BytesIO(data))
    with pytest.raises(ConfigError, match="is not a file"):
        unpack(archive, tmp_path / "out")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_of_any_size_is_not_read_into_memory(kind: bytes, tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, 1 << 34
    (tmp_path / "bomb").write_bytes(gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20)))
    with pytest.raises(ConfigError, match="is damaged"):
        unpack(tmp_path / "bomb", tmp_path / "out")


def test_a_backup_that_needs_more_space_than_there_is_is_refused_before_it_is_unpacked(
    archive: Path, tmp_path: Path
) -> None:
    rewritten(archive, renamed(b'"size": 100000', b'"size": 999999999999999'))
    with pytest.raises(ConfigError, match="Name a folder with more space"):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


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


def test_an_archive_of_the_project_is_verified(archive: Path, tmp_path: Path) -> None:
    for keys in ([KEY], [OTHER_KEY, KEY]):
        assert contents_of(archive, keys=keys).unverified is None


def without_mac(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    del members[1]


def of_the_first_format(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    del members[1]
    members[0] = (members[0][0], members[0][1].replace(b'"format": 2', b'"format": 1'))


def unchanged(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    pass


@pytest.mark.parametrize(
    ("change", "key", "keys", "what"),
    [
        (without_mac, KEY, [KEY], "has no MAC"),
        (without_mac, KEY, [], "has no MAC"),
        (of_the_first_format, KEY, [KEY], "has no MAC"),
        (unchanged, OTHER_KEY, [KEY], ".phlo/backup-key does not hold"),
        (unchanged, KEY, [], ".phlo/backup-key does not hold"),
    ],
)
def test_an_archive_that_cannot_be_verified_needs_a_word_for_it(
    change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None],
    key: bytes,
    keys: list[bytes],
    what: str,
    archive: Path,
    tmp_path: Path,
) -> None:
    rewritten(archive, change, key=key)
    with pytest.raises(ConfigError) as caught:
        unpack_with(archive, tmp_path / "out", keys=keys)
    assert what in caught.value.what
    assert "--unverified" in caught.value.fix
    assert not (tmp_path / "out").exists()
    listed = contents_of(archive, keys=keys)
    taken = unpack_with(archive, tmp_path / "out", keys=keys, accepts_unverified=True)
    assert listed.manifest == taken.manifest
    assert listed.unverified is not None
    assert what in listed.unverified.what
    assert (tmp_path / "out" / "services" / "db").read_text() == "rows"


def other_project(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members[0] = (members[0][0], members[0][1].replace(b"lake", b"pond"))


def no_manifest(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members[0] = (members[0][0], b"[" * 100_000)


def mac(change: Callable[[bytes], bytes]) -> Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]:
    def apply(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        members[1] = (members[1][0], change(members[1][1]))

    return apply


@pytest.mark.parametrize(
    "change",
    [
        other_project,
        no_manifest,
        mac(lambda text: b""),
        mac(lambda text: text[:-2]),
        mac(lambda text: text[:17] + bytes(reversed(text[17:-1])) + b"\n"),
        mac(lambda text: text[:17] + b"0" * 64),
        mac(lambda text: text.upper() + b"!"),
        mac(lambda text: b"\xff" * 82),
        mac(lambda text: text + b"x" * 100_000),
        mac(lambda text: mac_of(b"", KEY)),
    ],
)
@pytest.mark.parametrize("accepts_unverified", [False, True])
def test_an_archive_that_was_changed_is_refused_whatever_the_options_say(
    change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None],
    accepts_unverified: bool,
    archive: Path,
    tmp_path: Path,
) -> None:
    rewritten(archive, change, key=None)
    for read in (
        lambda: contents_of(archive, keys=[KEY]),
        lambda: unpack_with(archive, tmp_path / "out", keys=[KEY], accepts_unverified=accepts_unverified),
    ):
        with pytest.raises(ConfigError, match="was changed after it was written"):
            read()
    assert not (tmp_path / "out").exists()


def test_a_manifest_that_could_not_be_read_again_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phlo.backup.archive._MOST_MANIFEST_BYTES", 100)
    manifest = Manifest(project="lake" * 30, created="", phlo="", entries=())
    with pytest.raises(ConfigError, match="too many files"):
        pack(manifest, tmp_path, io.BytesIO(), key=KEY)
