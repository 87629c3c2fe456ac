"""What an action's file says of its danger, and whether it needs a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from phlo.errors import ConfigError
from phlo.playbook.actions import read_action
from phlo.playbook.load import Loader
from phlo.playbook.model import Action
from phlo.playbook.operations import Operations

PACKAGES = Path(__file__).parents[3] / "packages"
FILES = sorted(path for path in PACKAGES.glob("*/src/*/tasks/*.yaml") if path.stem != "main")


def read(path: Path, text: str) -> Action:
    path.write_text(text)
    return read_action("web", path, Loader(root=path.parent, services={}, operations=Operations().names()))


@pytest.mark.parametrize(
    ("text", "danger", "interactive", "without"),
    [
        ("help: a\ntasks: []\n", "changes", False, None),
        ("- debug: {msg: a}\n", "changes", False, None),
        ("danger: safe\ntasks: []\n", "safe", False, None),
        ("danger: destructive\ninteractive: true\ntasks: []\n", "destructive", True, None),
        ("interactive: {without: sql}\narguments: {sql: {}}\ntasks: []\n", "changes", True, "sql"),
    ],
)
def test_the_danger_and_the_terminal_are_read(
    tmp_path: Path, text: str, danger: str, interactive: bool, without: str | None
) -> None:
    found = read(tmp_path / "x.yaml", text)
    assert (found.danger, found.interactive, found.interactive_without) == (danger, interactive, without)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("danger: harmless", 'there is no danger level "harmless"'),
        ("danger: [safe]", "there is no danger level"),
        ("interactive: 'yes'", "should be true, false or an argument"),
        ("interactive: {without: other}", "should be true, false or an argument"),
        ("interactive: {unless: sql}", "should be true, false or an argument"),
    ],
)
def test_a_wrong_word_is_an_error_with_its_line(tmp_path: Path, line: str, what: str) -> None:
    with pytest.raises(ConfigError, match=what.replace("[", r"\[")) as found:
        read(tmp_path / "x.yaml", f"help: a\n{line}\narguments: {{sql: {{}}}}\ntasks: []\n")
    assert ":2" in found.value.where


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_every_packaged_action_declares_its_danger(path: Path) -> None:
    data = yaml.safe_load(path.read_text())
    assert data.get("danger") in ("safe", "changes", "destructive"), path
    deletes = path.stem == "restore" or "state: absent" in path.read_text(encoding="utf-8")
    assert data["danger"] == "destructive" or not deletes, path


def test_creating_a_branch_is_not_destructive_and_deleting_one_is() -> None:
    found = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))["danger"] for path in FILES}
    assert (found["branch"], found["branch-delete"]) == ("changes", "destructive")
