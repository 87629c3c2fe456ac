"""The roles that are built into phlo: alike in form, and readable as a play."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from phlo.cli.bootstrap import PLAYBOOK
from phlo.discovery.folders import builtin_roles_folder
from phlo.execute.play.run import check_play
from phlo.operations.arguments import NOTHING_ACCEPTED
from phlo.playbook.load import Loader
from phlo.playbook.operations import Operations
from phlo.playbook.plays import read_playbook
from phlo.playbook.role_about import RoleAbout, role_about
from phlo.playbook.scope import Scope, final
from phlo.playbook.templating import Templar

ROLES = builtin_roles_folder() or Path()
NAMES = sorted(one.name for one in ROLES.iterdir() if one.is_dir())


@pytest.fixture
def loader(tmp_path: Path) -> Loader:
    return Loader(root=tmp_path, services={}, operations=Operations(installed={}).names())


def about(loader: Loader, name: str) -> RoleAbout:
    return role_about(loader, name, ROLES / name, origin="phlo", service="")


def test_the_roles_are_those_that_are_documented() -> None:
    assert NAMES == ["docker-host", "swap", "sysctl", "time-sync", "unattended-upgrades", "users"]
    text = (ROLES / "README.md").read_text()
    assert [name for name in NAMES if f"({name}/README.md)" not in text] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_role_has_all_parts_and_says_the_same_in_each(name: str, loader: Loader) -> None:
    found = about(loader, name)
    readme = (ROLES / name / "README.md").read_text()
    assert readme.startswith(f"# {name}\n")
    assert "main" in found.tasks
    assert found.description
    assert list(found.arguments) == list(found.defaults)
    assert {key: one.get("default") for key, one in found.arguments.items()} == dict(found.defaults)
    assert all(one.get("description") for one in found.arguments.values())
    assert all(variable.startswith(name.replace("-", "_")) for variable in found.defaults)


def test_the_bootstrap_playbook_has_every_role_and_is_sound(loader: Loader) -> None:
    (play,) = read_playbook(loader, ROLES / PLAYBOOK)
    check_play(play, Operations(installed={}).find, NOTHING_ACCEPTED)
    assert sorted(role.name for role in play.roles) == NAMES
    listed = play.variables[0]["bootstrap_every_role"].value
    assert listed == [role.name for role in play.roles]


def rendered(loader: Loader, name: str, template: str, **given: Any) -> str:
    values: Mapping[str, Any] = {**about(loader, name).defaults, **given}
    path = ROLES / name / "templates" / template
    return str(Templar().file(path, Scope((final(values),)), label=template))


def test_the_engines_settings_are_the_defaults_with_those_of_the_host_over_them(loader: Loader) -> None:
    assert json.loads(rendered(loader, "docker-host", "daemon.json.j2")) == {
        "log-driver": "json-file",
        "log-opts": {"max-size": "10m", "max-file": "3"},
        "live-restore": True,
    }
    pools = [{"base": "10.1.0.0/16", "size": 24}]
    options = {"live-restore": False, "labels": ["a=b"]}
    found = json.loads(
        rendered(loader, "docker-host", "daemon.json.j2", docker_host_address_pools=pools, docker_host_options=options)
    )
    assert (found["default-address-pools"], found["live-restore"], found["labels"]) == (pools, False, ["a=b"])


def test_packages_of_the_engine_are_not_upgraded_unattended(loader: Loader) -> None:
    text = rendered(loader, "unattended-upgrades", "52phlo.j2")
    assert '  "^docker\\.io$";\n' in text
    assert 'Automatic-Reboot "false";' in text
    assert 'Automatic-Reboot "true";' in rendered(
        loader, "unattended-upgrades", "52phlo.j2", unattended_upgrades_reboot=True
    )


def test_every_server_of_the_time_is_a_line(loader: Loader) -> None:
    text = rendered(loader, "time-sync", "phlo.sources.j2", time_sync_servers=["a.example", "b.example"])
    assert text == "server a.example iburst\nserver b.example iburst\n"


def test_a_role_of_the_project_wins_over_a_built_in_one(loader: Loader, tmp_path: Path) -> None:
    assert loader.role("swap", where="x").folder == ROLES / "swap"
    assert loader.label(ROLES / "swap" / "tasks" / "main.yaml") == "phlo/roles/swap/tasks/main.yaml"
    (tmp_path / "roles" / "swap" / "tasks").mkdir(parents=True)
    assert loader.role("swap", where="x").folder == tmp_path / "roles" / "swap"
