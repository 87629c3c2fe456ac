from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from phlo.discovery.install import install, install_command
from phlo.errors import ConfigError, PackageError

INDEX = "https://user:hunter22@index.test/simple"


def entry(name: str, status: str = "available") -> dict[str, Any]:
    return {
        "name": name,
        "type": "service",
        "services": [name],
        "summary": "A service of the tests",
        "category": "database",
        "provides": [],
        "requires": [],
        "default": False,
        "profile": None,
        "version": "1.0" if status == "available" else None,
        "status": status,
    }


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    """A registry, a workspace with some of its packages, and an installer whose command is short."""
    names = ("phlo-plain", "phlo-tied", "phlo-wide", "phlo-gone")
    registry = {"plugins": [*map(entry, names), entry("phlo-later", "planned")]}
    (tmp_path / "plugins.json").write_text(json.dumps(registry))
    needs = {"phlo-plain": ["phlo>=0.1"], "phlo-tied": ["phlo", "phlo_plain>=1; python_version > '3'"]}
    for name, dependencies in {**needs, "phlo-wide": ["phlo-tied", "httpx[http2]~=0.28"]}.items():
        folder = tmp_path / "packages" / name
        folder.mkdir(parents=True)
        folder.joinpath("pyproject.toml").write_text(f"[project]\nname = '{name}'\ndependencies = {dependencies}\n")
    return {"workspace": tmp_path, "registry": tmp_path, "installer": ("pip", "install"), "environ": {}}


# What is installed, and the folders the installer is given, with `--no-deps` where ours are all that is needed.
WORKSPACE: dict[str, tuple[bool, list[str]]] = {
    "phlo-plain": (True, ["packages/phlo-plain"]),
    "phlo-tied": (True, ["packages/phlo-tied", "packages/phlo-plain"]),
    "phlo-wide": (False, ["packages/phlo-wide", "packages/phlo-tied", "packages/phlo-plain", ""]),
}


@pytest.mark.parametrize(("name", "expected"), WORKSPACE.items(), ids=WORKSPACE)
def test_a_checkout_installs_its_own_folders(
    options: dict[str, Any], name: str, expected: tuple[bool, list[str]]
) -> None:
    is_closed, folders = expected
    editable = [word for folder in folders for word in ("--editable", str(options["workspace"] / folder))]
    command = install_command(name, **options)
    assert command.argv == ("pip", "install", *(["--no-deps"] if is_closed else []), *editable)
    assert command.environment == {}


@pytest.mark.parametrize("given", ["option", "variable"])
def test_an_index_is_used_only_when_it_is_named_and_stays_out_of_the_command_line(
    options: dict[str, Any], given: str
) -> None:
    named = {"index_url": INDEX} if given == "option" else {"environ": {"PHLO_INDEX_URL": INDEX}}
    command = install_command("phlo-plain", **{**options, **named})
    assert command.argv == ("pip", "install", "phlo-plain")
    assert set(command.environment.values()) == {INDEX}
    assert "PIP_EXTRA_INDEX_URL" in command.unset


def test_without_a_folder_or_an_index_the_error_says_what_to_name(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"no index to install phlo-gone from\. .*--index-url or PHLO_INDEX_URL"):
        install_command("gone", **options)


def test_a_planned_offering_is_an_error_that_names_the_available_ones(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"phlo-later is planned.* Available: phlo-gone, phlo-plain, phlo-tied, "):
        install_command("phlo-later", **{**options, "index_url": INDEX})


def test_an_install_runs_the_command_with_the_chosen_index_alone(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://public.test/simple")
    seen = tmp_path / "seen"
    installer = ("sh", "-c", f"env > {seen}")
    install("phlo-plain", **{**options, "index_url": INDEX, "installer": installer})
    environment = dict(line.split("=", 1) for line in seen.read_text().splitlines() if "=" in line)
    assert environment["PIP_INDEX_URL"] == INDEX
    assert "PIP_EXTRA_INDEX_URL" not in environment


def test_an_install_that_fails_shows_the_installers_last_lines(options: dict[str, Any]) -> None:
    installer = ("sh", "-c", "seq 1 30 >&2; exit 7")
    with pytest.raises(PackageError, match=r"phlo-plain: could not be installed: .* ended with 7") as caught:
        install("phlo-plain", **{**options, "installer": installer})
    assert caught.value.detail == tuple(str(number) for number in range(21, 31))
