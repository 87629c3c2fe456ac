from __future__ import annotations

from pathlib import Path

import pytest

from phlo.config.root import checked_name, find_project_root, normalized_name
from phlo.errors import ConfigError


def test_the_nearest_folder_upwards_with_a_phlo_yaml_is_the_project(tmp_path: Path) -> None:
    (tmp_path / "phlo.yaml").touch()
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_project_root(inner) == tmp_path.resolve()
    (tmp_path / "a" / "phlo.yaml").touch()
    assert find_project_root(inner) == (tmp_path / "a").resolve()


def test_no_project_is_an_error_that_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="phlo init NAME"):
        find_project_root(tmp_path)


@pytest.mark.parametrize(
    ("folder", "name"), [("lake", "lake"), ("My Lake!", "mylake"), ("_x-1", "x-1"), ("-a_b", "a_b"), ("été", "t")]
)
def test_a_folder_gives_the_project_its_name_as_compose_does(folder: str, name: str) -> None:
    assert normalized_name(folder) == name
    assert checked_name(None, Path("/work") / folder, where="") == name


@pytest.mark.parametrize("name", ["My-Lake", "a b", "-a", "_a", "a.b", ""])
def test_a_given_name_must_be_one(name: str) -> None:
    with pytest.raises(ConfigError, match=r"phlo\.yaml:1 name: .* cannot name a project"):
        checked_name(name, Path("/x"), where="phlo.yaml:1 name")


def test_a_folder_without_a_usable_name_needs_one_given() -> None:
    with pytest.raises(ConfigError, match='Add "name: my-project"'):
        checked_name(None, Path("/___"), where="")
