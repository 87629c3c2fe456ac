"""phlo services graph, as a user runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from phlo.cli import exits
from phlo.discovery import discover_services
from tests.unit.cli.test_main import phlo_says

PROJECT = """
name: lake
services:
  disabled: {disabled}
  app: {{type: inline, image: "app:1", depends_on: [db]}}
  db: {{type: inline, image: "db:1"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    disabled = json.dumps(list(discover_services(tmp_path).services))
    (tmp_path / "phlo.yaml").write_text(PROJECT.format(disabled=disabled))
    return tmp_path


def test_the_tree_goes_to_the_terminal_and_needs_no_engine(folder: Path) -> None:
    assert phlo_says(["services", "graph"], folder).out == "app\n└── db  started\n"


def test_named_services_are_drawn_with_what_they_need(folder: Path) -> None:
    assert phlo_says(["services", "graph", "db"], folder).out == "db\n"


def test_the_ending_of_the_file_says_the_form(folder: Path) -> None:
    assert phlo_says(["services", "graph", "-o", "lake.mmd"], folder).out == ""
    assert (folder / "lake.mmd").read_text().startswith("flowchart LR\n")


@pytest.mark.parametrize(("form", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_pictures_are_drawn_by_graphviz(form: str, start: bytes, folder: Path) -> None:
    if not shutil.which("dot"):
        pytest.skip("graphviz is not installed")
    assert phlo_says(["services", "graph", "-o", f"lake.{form}"], folder).code == exits.OK
    assert (folder / f"lake.{form}").read_bytes().startswith(start)


def test_without_graphviz_a_picture_is_an_error_that_says_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))
    said = phlo_says(["services", "graph", "--format", "svg"], folder)
    assert (said.code, said.out) == (exits.USAGE, "")
    assert "apt-get install graphviz" in said.err
