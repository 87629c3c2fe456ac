"""Modules of Ansible that phlo does not have are refused with what to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from phlo.errors import ConfigError
from phlo.operations import EVERY
from phlo.playbook.modules import MODULES_INSTEAD, NOT_OF_ANSIBLE
from phlo.playbook.operations import Operations
from tests.unit.playbook.conftest import RunPlay


@pytest.mark.parametrize(
    "name", ["docker_container", "community.docker.docker_container", "ansible.builtin.pip", "git"]
)
def test_a_module_that_phlo_lacks_is_refused_with_its_line_and_what_to_write(name: str, play: RunPlay) -> None:
    fix = MODULES_INSTEAD[name.rpartition(".")[2]]
    with pytest.raises(ConfigError, match=r"is a module of Ansible that phlo does not have") as refused:
        play(f"- hosts: all\n  tasks:\n    - debug:\n    - {name}: {{name: x}}\n")
    assert refused.value.fix == fix
    assert re.search(r":4\b", str(refused.value.where))


def test_no_operation_of_phlo_is_listed_as_missing() -> None:
    assert {*EVERY} & {*MODULES_INSTEAD} == {"s3_bucket"}  # with a collection in front of it


def test_an_operation_on_a_host_has_its_full_name_and_check_mode_too(play: RunPlay, tmp_path: Path) -> None:
    file = tmp_path / "90.conf"
    values = f"{{key: vm.swappiness, value: 17, sysctl_file: {file}, reload: false}}"
    site = f"- hosts: all\n  tasks: [{{name: t, ansible.posix.sysctl: {values}}}]\n"

    assert play(site, check=True).ended("t") == ["pending"]
    assert not file.exists()
    assert play(site).ended("t") == ["changed"]
    assert play(site).ended("t") == ["ok"]


def test_an_operation_on_a_host_behind_tcp_is_refused_by_name(play: RunPlay) -> None:
    ran = play("- hosts: all\n  tasks: [{name: t, apt: {name: x}}]\n", hosts=("a", "b"), behind_tcp=("b",), limit=["b"])
    assert "apt cannot work there: b is reached by TCP" in ran.said("t", "b")


def test_what_ansible_has_no_module_for_is_an_operation_of_phlo() -> None:
    assert NOT_OF_ANSIBLE - Operations(installed={}).names() == set()
