"""`phlo roles`: where each role is from, and what it takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from phlo.discovery.folders import builtin_roles_folder
from tests.unit.cli.test_main import Said, phlo_says

SPECS = """
argument_specs:
  main:
    short_description: Says hello
    options:
      whom: {type: str, required: true, description: [Who is greeted., Once.]}
      times: {type: int, description: How often, choices: [1, 2]}
      words: {type: list, elements: str}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "phlo.yaml": "name: lake\n",
        "roles/hello/meta/argument_specs.yml": SPECS,
        "roles/hello/meta/main.yml": "dependencies: [users, {role: swap}]\n",
        "roles/hello/defaults/main.yml": "times: 1\nwords: [a, b]\nother: x\n",
        "roles/hello/tasks/main.yml": "[]\n",
        "roles/hello/tasks/again.yaml": "[]\n",
        "roles/swap/tasks/main.yml": "[]\n",
        "roles/notes/README.md": "no role\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def says(root: Path, *words: str) -> Said:
    return phlo_says(["roles", *words], root, {"XDG_CACHE_HOME": str(root / "cache")})


def test_every_role_is_listed_with_where_it_is_from(root: Path) -> None:
    said = says(root, "list", "--json")
    assert said.code == 0, said.err
    found = {one["name"]: one for one in json.loads(said.out)}
    assert (found["hello"]["from"], found["hello"]["description"]) == ("roles/hello", "Says hello")
    assert found["postgres"]["from"].startswith("phlo-postgres ")
    assert found["swap"]["from"] == "roles/swap"  # before the one built into phlo
    assert found["users"]["from"] == "phlo"
    assert "notes" not in found
    text = says(root, "list").out
    assert "hello" in text
    assert "Says hello" in text


def test_a_role_is_shown_with_its_arguments_and_defaults(root: Path) -> None:
    said = says(root, "show", "hello")
    assert said.code == 0, said.err
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert "from roles/hello" in lines
    assert "tasks again, main" in lines
    assert "needs users, swap" in lines
    assert "whom str required Who is greeted. Once." in lines
    assert "times int 1 How often One of 1, 2." in lines
    assert 'words list of str ["a", "b"]' in lines
    assert "other x" in lines
    data = json.loads(says(root, "show", "hello", "--json").out)
    assert data["defaults"] == {"times": 1, "words": ["a", "b"], "other": "x"}
    assert data["folder"] == str(root / "roles" / "hello")


def test_a_role_that_is_not_there_is_refused_with_the_nearest(root: Path) -> None:
    said = says(root, "show", "helo")
    assert said.code == 3
    assert 'there is no role "helo". Did you mean "hello"?' in said.err


def test_every_role_built_into_phlo_can_be_shown(tmp_path: Path) -> None:
    folder = builtin_roles_folder()
    assert folder is not None
    for one in sorted(folder.iterdir()):
        if one.is_dir():
            said = says(tmp_path, "show", one.name)
            assert (said.code, "from    phlo" in said.out) == (0, True), said.err
