"""Which project a command is about: a phlo.yaml, or Compose files."""

from __future__ import annotations

import io
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from phlo.cli.completion import offer
from phlo.cli.shell import Shell
from phlo.cli.workspace import locate, project_file
from phlo.errors import ConfigError


def shell(cwd: Path, **environ: str) -> Shell:
    return Shell(io.StringIO(), io.StringIO(), io.StringIO(), environ, cwd)


def options(*files: str, folder: str | None = None) -> Any:
    return Namespace(project_dir=folder, compose_file=list(files), env_file=[])


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("name: x\n" if name.endswith("phlo.yaml") else "services: {web: {image: x}}\n")


def found(tmp_path: Path, cwd: str, *files: str, folder: str | None = None, **environ: str) -> tuple[str, list[str]]:
    root, compose = locate(options(*files, folder=folder), shell(tmp_path / cwd, **environ))
    names = [str(path.relative_to(tmp_path)) for path in compose.files] if compose else []
    return str(root.relative_to(tmp_path)), names


def test_the_nearest_folder_with_either_file_counts_and_phlo_yaml_before_a_compose_file(tmp_path: Path) -> None:
    write(tmp_path, "lake/phlo.yaml", "lake/compose.yaml", "lake/app/compose.yaml", "lake/app/src/x", "lake/docs/x")
    assert found(tmp_path, "lake/docs") == ("lake", [])
    assert found(tmp_path, "lake/app/src") == ("lake/app", ["lake/app/compose.yaml"])
    assert found(tmp_path, "lake/docs", folder="../app") == ("lake/app", ["lake/app/compose.yaml"])


def test_named_files_count_before_all_others(tmp_path: Path) -> None:
    write(tmp_path, "lake/phlo.yaml", "lake/a/c.yaml", "lake/prod.yaml")
    assert found(tmp_path, "lake", "a/c.yaml", "prod.yaml") == ("lake/a", ["lake/a/c.yaml", "lake/prod.yaml"])
    assert found(tmp_path, "lake", "a/c.yaml", folder=".") == ("lake", ["lake/a/c.yaml"])


def test_the_variable_counts_where_there_is_no_phlo_yaml(tmp_path: Path) -> None:
    write(tmp_path, "lake/phlo.yaml", "shop/compose.yaml", "shop/other.yaml")
    assert found(tmp_path, "lake", COMPOSE_FILE="../shop/other.yaml") == ("lake", [])
    assert found(tmp_path, "shop", COMPOSE_FILE="other.yaml") == ("shop", ["shop/other.yaml"])


def test_without_any_file_the_error_names_both(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no phlo\.yaml or compose\.yaml here"):
        locate(options(), shell(tmp_path))


def test_what_changes_phlo_yaml_says_that_there_is_none(tmp_path: Path) -> None:
    write(tmp_path, "compose.yaml")
    with pytest.raises(ConfigError, match=r"include: \[compose.yaml\]") as refused:
        project_file(options(), shell(tmp_path))
    assert "compose.yaml alone" in refused.value.what


def test_the_services_of_a_compose_file_are_offered_for_completion(tmp_path: Path) -> None:
    write(tmp_path, "compose.yaml")
    here = shell(tmp_path)
    offer(["services"], here)
    assert here.out.getvalue() == "web\n"  # type: ignore[attr-defined]
