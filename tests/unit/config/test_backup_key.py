"""The key of a project's backups is made once, is readable by the user alone, and is never replaced."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from phlo.config.backup_key import BACKUP_KEY_FILE, backup_key, backup_keys
from phlo.errors import ConfigError


def test_the_first_backup_makes_the_key_and_the_next_ones_use_it(tmp_path: Path) -> None:
    assert backup_keys(tmp_path) == ()
    key = backup_key(tmp_path)
    assert len(key) == 32
    assert backup_key(tmp_path) == key
    assert backup_keys(tmp_path) == (key,)
    assert stat.S_IMODE((tmp_path / BACKUP_KEY_FILE).stat().st_mode) == 0o600


def test_two_projects_have_two_keys(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert backup_key(tmp_path / "a") != backup_key(tmp_path / "b")


def test_backups_that_begin_at_once_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len({*pool.map(lambda _: backup_key(tmp_path), range(8))}) == 1


def test_the_first_of_several_keys_is_for_new_archives(tmp_path: Path) -> None:
    (tmp_path / ".phlo").mkdir()
    (tmp_path / BACKUP_KEY_FILE).write_text("11" * 32 + "\n" + "22" * 32 + "\n")
    assert backup_key(tmp_path) == b"\x11" * 32
    assert backup_keys(tmp_path) == (b"\x11" * 32, b"\x22" * 32)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"secret", b"11" * 31, b"11" * 33, b"11" * 32 + b"\nx", b"\xff\x00", b"AA" * 32]
)
def test_a_file_that_holds_anything_else_is_refused_and_kept(content: bytes, tmp_path: Path) -> None:
    (tmp_path / ".phlo").mkdir()
    (tmp_path / BACKUP_KEY_FILE).write_bytes(content)
    for read in (backup_keys, backup_key):
        with pytest.raises(ConfigError, match="should hold keys of 64 hexadecimal digits"):
            read(tmp_path)
    assert (tmp_path / BACKUP_KEY_FILE).read_bytes() == content


def test_a_key_that_cannot_be_stored_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".phlo").write_text("")
    with pytest.raises(ConfigError, match="cannot be"):
        backup_key(tmp_path)
