"""Compose's files are found as Compose finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.compose.project_files import FILE_NAMES, OVERRIDE_NAMES, default_files, files_of, named_files
from phlo.errors import ConfigError


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("services: {a: {image: x}}\n")


@pytest.mark.parametrize("index", range(len(FILE_NAMES)))
def test_of_several_files_the_preferred_one_counts_with_one_override_file(index: int, tmp_path: Path) -> None:
    touch(tmp_path, *FILE_NAMES[index:], *OVERRIDE_NAMES[index:])
    assert default_files(tmp_path) == (tmp_path / FILE_NAMES[index], tmp_path / OVERRIDE_NAMES[index])


def test_an_override_file_alone_is_no_project(tmp_path: Path) -> None:
    touch(tmp_path, *OVERRIDE_NAMES)
    assert default_files(tmp_path) == ()


def test_compose_file_names_files_with_a_separator(tmp_path: Path) -> None:
    touch(tmp_path, "a.yaml", "b/c.yaml")
    wanted = (tmp_path / "a.yaml", tmp_path / "b" / "c.yaml")
    assert named_files({"COMPOSE_FILE": "a.yaml:b/c.yaml"}, tmp_path) == wanted
    assert named_files({"COMPOSE_FILE": "a.yaml;b/c.yaml", "COMPOSE_PATH_SEPARATOR": ";"}, tmp_path) == wanted
    (tmp_path / ".env").write_text("COMPOSE_FILE=a.yaml,b/c.yaml\nCOMPOSE_PATH_SEPARATOR=,\n")
    assert named_files({}, tmp_path) == wanted
    assert named_files({"COMPOSE_FILE": "a.yaml"}, tmp_path) == (tmp_path / "a.yaml",)
    with pytest.raises(ConfigError, match="no such file"):
        named_files({"COMPOSE_FILE": "z.yaml"}, tmp_path)


def test_relative_paths_start_at_the_folder_of_the_first_file_unless_another_is_given(tmp_path: Path) -> None:
    touch(tmp_path, "x/a.yaml", "y/b.yaml")
    files = [tmp_path / "x" / "a.yaml", tmp_path / "y" / "b.yaml"]
    assert files_of(files, start=tmp_path, environ={}).folder == tmp_path / "x"
    assert files_of(files, start=tmp_path, environ={}, folder=tmp_path).folder == tmp_path


def test_files_of_variables_are_those_given_else_of_the_variable_else_the_env_files(tmp_path: Path) -> None:
    touch(tmp_path, "x/a.yaml")
    for name in (".env", "x/.env", "one.env", "two.env"):
        (tmp_path / name).write_text("A=1\n")
    files = [tmp_path / "x" / "a.yaml"]

    def found(environ: dict[str, str], *given: str) -> list[str]:
        env_files = [tmp_path / name for name in given]
        project = files_of(files, start=tmp_path, environ=environ, env_files=env_files)
        return [str(path.relative_to(tmp_path)) for path in project.env_files]

    assert found({}) == ["x/.env"]
    assert found({"COMPOSE_ENV_FILES": "one.env,two.env"}) == ["one.env", "two.env"]
    assert found({"COMPOSE_ENV_FILES": "one.env"}, "two.env") == ["two.env"]
