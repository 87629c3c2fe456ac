"""The INI form: `ini_inventories.json` has what `ansible-inventory --list` of ansible-core 2.19 makes of each text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from phlo.errors import InventoryError
from phlo.inventory import Inventory, load
from phlo.vault.passwords import Vault

RECORDED = json.loads(Path(__file__).with_name("ini_inventories.json").read_text())


def inventory(folder: Path, text: str, name: str = "hosts.ini") -> Inventory:
    (folder / name).write_text(text)
    return load([folder / name], root=folder)


def members(groups: dict[str, Any], name: str) -> set[str]:
    """The hosts of a recorded group, those of its children among them."""
    group = groups.get(name, {})
    return set(group.get("hosts", [])).union(*(members(groups, child) for child in group.get("children", [])))


@pytest.mark.parametrize("name", RECORDED["read"])
def test_hosts_groups_and_values_are_those_of_ansible(name: str, tmp_path: Path) -> None:
    case = RECORDED["read"][name]
    found = inventory(tmp_path, case["text"])
    groups = {group for group in case["groups"] if group not in ("all", "ungrouped")}
    assert {group: set(found.groups[group].hosts) for group in groups} == {
        group: members(case["groups"], group) for group in groups
    }
    assert set(found.hosts) == members(case["groups"], "all")
    values = {}
    for host, one in found.hosts.items():
        merged: dict[str, Any] = {}
        for layer in (*found.group_layers(host), one.variables):
            merged |= {key: variable.value for key, variable in layer.items()}
        if merged:
            values[host] = merged
    assert json.dumps(values, sort_keys=True) == json.dumps(case["hostvars"], sort_keys=True)


@pytest.mark.parametrize("name", RECORDED["refused"])
def test_what_ansible_refuses_is_an_error_with_the_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match=r"^hosts.ini:\d+: .+\. .+") as caught:
        inventory(tmp_path, RECORDED["refused"][name])
    assert caught.value.fix


def test_there_are_enough_inventories() -> None:
    assert len(RECORDED["read"]) >= 15


def test_variables_name_their_lines_and_connection_variables_count(tmp_path: Path) -> None:
    found = inventory(tmp_path, "\n[web]\nw1:2222 ansible_host=10.0.0.1 tier=fast\n[web:vars]\nregion=north\n")
    assert found.hosts["w1"].docker_host == "ssh://10.0.0.1:2222"
    assert str(found.hosts["w1"].variables["tier"].source) == "hosts.ini:3"
    assert str(found.groups["web"].variables["region"].source) == "hosts.ini:5"


@pytest.mark.parametrize("name", ["hosts", "hosts.ini", "hosts.yml", "hosts.cfg"])
def test_the_form_is_told_by_the_content_whatever_the_name(name: str, tmp_path: Path) -> None:
    assert set(inventory(tmp_path, "gate\n[web]\nw1 a=1\n", name).hosts) == {"gate", "w1"}


@pytest.mark.parametrize("name", ["hosts", "hosts.yml"])
def test_a_mapping_in_yaml_stays_yaml(name: str, tmp_path: Path) -> None:
    assert set(inventory(tmp_path, "all:\n  hosts:\n    w1:\n    'w2:2222':\n", name).hosts) == {"w1", "w2"}


def test_names_alone_are_an_inventory(tmp_path: Path) -> None:
    assert set(inventory(tmp_path, "w1\nw2 a=1\n", "hosts").hosts) == {"w1", "w2"}


def test_groups_inside_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match=r"hosts.ini:4: the groups \"b\" and \"a\" are inside each other"):
        inventory(tmp_path, "[a:children]\nb\n[b:children]\na\n")


def test_an_ini_file_that_is_encrypted_is_refused_without_its_password(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("$ANSIBLE_VAULT;1.1;AES256\n6361\n")
    with pytest.raises(InventoryError, match=r"^hosts:1: "):
        load([tmp_path / "hosts"], root=tmp_path, vault=Vault())
