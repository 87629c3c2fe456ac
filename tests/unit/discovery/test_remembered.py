"""What is remembered of installed packages, and when they are read again."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from phlo.discovery import services
from phlo.discovery.catalog import Problem, Scan
from phlo.discovery.remembered import MOST_KEPT, _checksum, remembered
from phlo.discovery.services import discover_services
from phlo.errors import PackageError
from tests.support.mutations import BROKEN_TEXTS


class Packages:
    """A scan of one file, which is an hour old, and how often it was made."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.file = folder / "service.yaml"
        self.file.write_text("name: web")
        self.age(3600)
        self.cache = cache
        self.times_read = 0
        self.problems: tuple[Problem, ...] = ()

    def age(self, seconds: float) -> None:
        then = self.file.stat().st_mtime - seconds
        os.utime(self.file, (then, then))

    def read(self) -> Scan:
        self.times_read += 1
        return Scan(inputs=(self.file,), problems=self.problems)

    def ask(self) -> int:
        """How often the file had to be read for it."""
        before = self.times_read
        assert remembered(self.cache, self.read).inputs == (self.file,)
        return self.times_read - before

    def memory(self) -> Path:
        (found,) = self.cache.glob("packages-*.pickle")
        return found


@pytest.fixture
def packages(tmp_path: Path) -> Packages:
    return Packages(tmp_path, tmp_path / "cache")


def test_what_was_read_is_not_read_again(packages: Packages) -> None:
    assert [packages.ask(), packages.ask(), packages.ask()] == [1, 0, 0]


def test_a_file_that_changed_is_read_again(packages: Packages) -> None:
    packages.ask()
    packages.file.write_text("name: api")
    packages.age(60)
    assert [packages.ask(), packages.ask()] == [1, 0]


def test_a_file_that_went_is_looked_for_again(packages: Packages) -> None:
    packages.ask()
    packages.file.unlink()
    assert [packages.ask(), packages.ask()] == [1, 0]


def test_a_file_that_may_still_change_within_its_time_stamp_is_not_remembered(packages: Packages) -> None:
    packages.file.write_text("name: api")
    assert [packages.ask(), packages.ask()] == [1, 1]


def test_what_is_broken_is_read_until_it_is_mended(packages: Packages) -> None:
    packages.problems = (Problem(package="phlo-web", error=PackageError("is broken")),)
    assert [packages.ask(), packages.ask()] == [1, 1]
    packages.problems = ()
    assert [packages.ask(), packages.ask()] == [1, 0]


def test_another_place_to_look_for_packages_is_another_memory(
    packages: Packages, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages.ask()
    monkeypatch.setattr(sys, "path", [*sys.path, "/elsewhere"])
    assert [packages.ask(), packages.ask()] == [1, 0]


NESTED = b"\x80\x05" + b"(" * 100_000 + b"t" * 100_000 + b"."


@pytest.mark.parametrize("has_checksum", [False, True])
@pytest.mark.parametrize(
    "content", [b"not a pickle", pickle.dumps(("", [], [], Scan())), pickle.dumps(7), NESTED, *BROKEN_TEXTS]
)
def test_a_memory_that_is_of_no_use_is_made_anew(packages: Packages, content: bytes, has_checksum: bool) -> None:
    packages.ask()
    packages.memory().write_bytes(_checksum(content) + content if has_checksum else content)
    assert [packages.ask(), packages.ask()] == [1, 0]


def test_a_memory_with_a_wrong_byte_in_it_is_not_believed(packages: Packages) -> None:
    packages.ask()
    whole = packages.memory().read_bytes()
    for index in range(0, len(whole), 7):
        packages.memory().write_bytes(whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :])
        assert packages.ask() == 1
        packages.memory().write_bytes(whole[:index])
        assert packages.ask() == 1


class Evil:
    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch evil",)


def test_a_memory_runs_nothing(packages: Packages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    packages.ask()
    packages.memory().write_bytes(_checksum(pickle.dumps(Evil())) + pickle.dumps(Evil()))
    assert packages.ask() == 1
    assert not (tmp_path / "evil").exists()


def test_a_memory_that_others_can_write_to_is_not_believed(packages: Packages) -> None:
    packages.ask()
    assert packages.memory().stat().st_mode & 0o777 == 0o600
    packages.memory().chmod(0o666)
    assert packages.ask() == 1


def test_without_a_folder_to_remember_in_it_is_read_each_time(packages: Packages) -> None:
    packages.cache = packages.file / "cache"
    assert [packages.ask(), packages.ask()] == [1, 1]


def test_memories_of_environments_long_gone_are_forgotten(packages: Packages) -> None:
    packages.cache.mkdir()
    for number in range(MOST_KEPT + 5):
        old = packages.cache / f"packages-{number:08x}.pickle"
        old.touch()
        os.utime(old, (number, number))
    packages.ask()
    kept = {path.name for path in packages.cache.iterdir()}
    assert len(kept) == MOST_KEPT
    assert "packages-00000000.pickle" not in kept


def test_the_packages_of_this_repository_are_remembered_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = discover_services(None)
    assert discover_services(None, cache=tmp_path) == plain
    assert list(tmp_path.iterdir())
    monkeypatch.setattr(services, "_packages", pytest.fail)
    assert discover_services(None, cache=tmp_path) == plain
