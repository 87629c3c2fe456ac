from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from phlo.discovery.role import read_role
from phlo.errors import ConfigError
from phlo.scaffold.package import KINDS, create_package


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["my-thing", "phlo-my-thing"])
def test_a_name_with_and_without_prefix_makes_the_same_package(name: str, kind: str, tmp_path: Path) -> None:
    folder = create_package(name, kind, tmp_path)
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert (folder.name, project["name"]) == ("phlo-my-thing", "phlo-my-thing")
    assert (folder / "src" / "phlo_my_thing" / "__init__.py").is_file()


@pytest.mark.parametrize("kind", KINDS)
def test_no_word_of_the_template_is_left(kind: str, tmp_path: Path) -> None:
    folder = create_package("my-thing", kind, tmp_path)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if re.search(r"@[A-Z]+@|\.in$", path.read_text() + str(path))] == []


def test_a_service_is_a_role_that_discovery_reads(tmp_path: Path) -> None:
    folder = create_package("my-thing", "service", tmp_path) / "src" / "phlo_my_thing"
    (service,) = read_role(folder, label="x", kind="package")
    assert (service.name, service.one_shot, bool(service.healthcheck)) == ("my-thing", None, True)


def test_the_entry_point_of_an_operation_names_its_module(tmp_path: Path) -> None:
    folder = create_package("my-thing", "operation", tmp_path)
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["phlo.operations"] == {"my_thing": "phlo_my_thing.my_thing"}
    compile((folder / "src/phlo_my_thing/my_thing.py").read_text(), "my_thing.py", "exec")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, "service") for name in ("", "My", "1st", "a--b", "a_b", "a/b")),
        *((name, "operation") for name in ("class", "exec")),
    ],
)
def test_a_name_that_cannot_be_one_is_refused_before_anything_is_written(name: str, kind: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="phlo plugin create"):
        create_package(name, kind, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "phlo-thing").mkdir()
    with pytest.raises(ConfigError, match="already exists"):
        create_package("thing", "service", tmp_path)
    assert list((tmp_path / "phlo-thing").iterdir()) == []
