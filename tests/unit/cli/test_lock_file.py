"""phlo.lock: written, compared with the project, and refused when it does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from phlo.cli.lock_file import Lock, read_lock
from phlo.errors import ConfigError
from tests.unit.cli.test_main import phlo_says

DIGEST = "sha256:" + "1" * 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a service that is built and one that names its image by a digest."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "phlo.yaml").write_text(
        "name: lab\nservices:\n  defaults: false\n"
        "  own: {type: inline, build: ./own}\n"
        f"  web: {{type: inline, image: 'example/web@{DIGEST}'}}\n"
    )
    return tmp_path


def lock_of(folder: Path) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads((folder / "phlo.lock").read_text())
    return found


def test_the_lock_has_packages_tags_and_digests(folder: Path) -> None:
    said = phlo_says(["lock"], folder)

    assert said.code == 0, said.err
    found = lock_of(folder)
    assert "phlo" in found["packages"]
    assert found["recipes"]["own"].startswith("lab/own:local-")
    assert found["images"] == {f"example/web@{DIGEST}": DIGEST}


def test_a_project_that_differs_from_the_lock_is_refused(folder: Path) -> None:
    phlo_says(["lock"], folder)
    before = lock_of(folder)["recipes"]["own"]
    (folder / "own" / "Dockerfile").write_text("FROM scratch\nENV A=1\n")

    said = phlo_says(["up", "--frozen"], folder)

    assert said.code == 3
    assert f"phlo.lock: the project is not what it says: recipe own: {before} -> lab/own:local-" in said.err
    assert "accept it with `phlo lock`" in said.err
    assert not (folder / ".phlo" / "runs").exists()


def test_without_a_lock_frozen_says_how_to_write_one(folder: Path) -> None:
    said = phlo_says(["up", "--frozen"], folder)

    assert (said.code, "there is no phlo.lock. Write one with `phlo lock`." in said.err) == (3, True)


def test_outdated_names_what_is_not_as_locked(folder: Path) -> None:
    phlo_says(["lock"], folder)
    assert "Nothing newer was found." in phlo_says(["outdated"], folder).err
    (folder / "own" / "Dockerfile").write_text("FROM scratch\nENV A=1\n")

    found = json.loads(phlo_says(["outdated", "--json"], folder).out)

    assert [one["what"] for one in found] == ["recipe own"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}', '{"version": 1, "packages": []}'])
def test_a_lock_that_phlo_did_not_write_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "phlo.lock").write_text(text)

    with pytest.raises(ConfigError, match="cannot be read") as caught:
        read_lock(tmp_path / "phlo.lock")

    assert "phlo lock" in caught.value.fix


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    lock = Lock(packages={"phlo": "1"}, bases={"trixie": "x"}, recipes={"a": "b"}, images={"c": ""})
    (tmp_path / "phlo.lock").write_text(lock.text())

    assert read_lock(tmp_path / "phlo.lock") == lock
