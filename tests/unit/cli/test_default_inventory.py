"""The inventory of commands without -i."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from phlo.cli.default_inventory import VARIABLE
from tests.unit.cli.test_main import Said, phlo_says

PROJECT = (
    "name: shop\ninventory: hosts/production.yaml\nservices:\n  defaults: false\n  web: {type: inline, image: web:1}\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "phlo.yaml").write_text(PROJECT)
    (tmp_path / "hosts").mkdir()
    for name in ("production", "staging", "test"):
        text = f'all: {{hosts: {{{name}-1: {{docker_host: "ssh://{name}.example.org"}}}}}}\n'
        (tmp_path / "hosts" / f"{name}.yaml").write_text(text)
    (tmp_path / "inner").mkdir()
    return tmp_path


def names(said: Said) -> list[str]:
    assert said.code == 0, said.err
    return [host["name"] for host in json.loads(said.out)]


LIST = ("inventory", "list", "--json")


def test_phlo_yaml_names_the_default_relative_to_its_folder(folder: Path) -> None:
    assert names(phlo_says(LIST, folder)) == ["production-1"]
    assert names(phlo_says(LIST, folder / "inner")) == ["production-1"]


def test_the_variable_overrides_phlo_yaml_and_may_name_several(folder: Path) -> None:
    environ = {VARIABLE: "../hosts/staging.yaml, ../hosts/test.yaml"}
    assert names(phlo_says(LIST, folder / "inner", environ)) == ["staging-1", "test-1"]
    assert names(phlo_says(LIST, folder, {VARIABLE: ""})) == ["production-1"]


def test_the_option_overrides_both(folder: Path) -> None:
    words = (*LIST, "-i", "hosts/test.yaml")
    assert names(phlo_says(words, folder, {VARIABLE: "hosts/staging.yaml"})) == ["test-1"]


def test_services_are_placed_by_the_default(folder: Path) -> None:
    said = phlo_says(("services", "list", "--json"), folder)
    assert said.code == 0, said.err
    assert "production-1" in said.out


def test_several_inventories_are_merged(folder: Path) -> None:
    path = folder / "phlo.yaml"
    path.write_text(PROJECT.replace("hosts/production.yaml", "[hosts/test.yaml, hosts/staging.yaml]"))
    assert names(phlo_says(LIST, folder)) == ["test-1", "staging-1"]


@pytest.mark.parametrize(
    ("value", "environ", "message"),
    [
        ("hosts/none.yaml", {}, "phlo.yaml:2 inventory: hosts/none.yaml does not exist. Correct the path"),
        ("{a: b}", {}, "phlo.yaml:2 inventory: should be a path or a list of paths."),
        ("hosts/test.yaml", {VARIABLE: "none.yaml"}, "PHLO_INVENTORY: none.yaml does not exist."),
    ],
)
def test_a_default_that_cannot_be_used_is_an_error(
    value: str, environ: dict[str, str], message: str, folder: Path
) -> None:
    path = folder / "phlo.yaml"
    path.write_text(PROJECT.replace("hosts/production.yaml", value))
    said = phlo_says(LIST, folder, environ)
    assert said.code == 3
    assert message in said.err


def test_ls_uses_the_default(folder: Path) -> None:
    path = folder / "hosts" / "production.yaml"
    path.write_text('all: {hosts: {production-1: {docker_host: "unix:///does/not/exist.sock"}}}\n')
    assert "/does/not/exist.sock" in phlo_says(("ls",), folder).err
