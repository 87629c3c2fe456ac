"""Facts of hosts: looked for when a task uses one, once, and below the variables of a play."""

from __future__ import annotations

import os
from typing import Any

import pytest

from phlo.operations import setup
from phlo.operations.facts_names import is_fact
from tests.unit.playbook.conftest import RunPlay

NAME = os.uname().nodename.partition(".")[0]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that were looked at for their facts."""
    found: list[str] = []
    gather = setup.gather

    def noted(location: Any, args: Any) -> Any:
        found.append(location.name)
        return gather(location, args)

    monkeypatch.setattr(setup, "gather", noted)
    return found


def told(*texts: str, more: str = "", **keywords: str) -> str:
    words = "".join(f"  {name}: {text}\n" for name, text in keywords.items())
    tasks = "".join(f'    - {{name: t{number}, debug: {{msg: "{text}"}}}}\n' for number, text in enumerate(texts))
    return f"- hosts: all\n{words}  tasks:\n{more}{tasks}"


def test_facts_are_looked_for_once_when_a_task_uses_one(play: RunPlay, looks: list[str]) -> None:
    site = told("{{ inventory_hostname }}", "{{ ansible_hostname }}", "{{ ansible_facts.system }} {{ ansible_kernel }}")
    ran = play(site)
    assert (ran.said("t0"), ran.said("t1"), ran.said("t2")) == ("local", NAME, f"Linux {os.uname().release}")
    assert looks == ["local"]
    assert play(told("{{ ansible_check_mode }} {{ ansible_os | default('none') }}")).said("t0") == "False none"
    assert looks == ["local"]


def test_facts_are_found_in_check_mode_too_and_conditions_use_them(play: RunPlay) -> None:
    task = "    - {name: t, debug: , when: ansible_system == 'Linux' and ansible_memtotal_mb > 1}\n"
    assert play(told(more=task), check=True).ended("t") == ["ok"]


def test_a_play_that_gathers_none_has_none_until_setup(play: RunPlay, looks: list[str]) -> None:
    asked = "{{ ansible_hostname is defined }} {{ ansible_facts }}"
    assert play(told(asked, gather_facts="false")).said("t0") == "False {}"
    assert looks == []
    setup_task = '    - {name: s, setup: {filter: ansible_hostname, gather_subset: ["!all"]}, register: r}\n'
    ran = play(
        told("{{ ansible_hostname }} {{ r.ansible_facts.ansible_hostname }}", more=setup_task, gather_facts="no")
    )
    assert (ran.said("t0"), ran.ended("s")) == (f"{NAME} {NAME}", ["ok"])


def test_variables_of_the_play_go_before_facts_and_facts_before_the_inventory(play: RunPlay) -> None:
    site = told("{{ ansible_hostname }} {{ ansible_system }}", vars="{ansible_hostname: mine}")
    inventory = "all: {hosts: {a: {ansible_connection: local, ansible_system: Other}}}\n"
    assert play(site, hosts=("a",), inventory=inventory).said("t0", "a") == "mine Linux"


def test_facts_of_another_host_are_those_of_hostvars(play: RunPlay, looks: list[str]) -> None:
    site = told("{{ hostvars['b'].ansible_hostname }}")
    assert play(site, hosts=("a", "b")).said("t0", "a") == NAME
    assert looks == ["b"]


def test_a_host_behind_tcp_has_no_facts(play: RunPlay) -> None:
    site = told("{{ ansible_hostname | default('none') }}")
    assert play(site, hosts=("a", "b"), behind_tcp=("b",)).said("t0", "b") == "none"


def test_facts_that_are_cleared_are_gone(play: RunPlay) -> None:
    clear = "    - {debug: {var: ansible_hostname}}\n    - {meta: clear_facts}\n"
    assert play(told("-{{ ansible_hostname is defined }}", more=clear)).said("t0") == "-False"


def test_gather_facts_is_true_or_false(play: RunPlay) -> None:
    with pytest.raises(Exception, match="gather_facts should be true or false"):
        play(told("x", gather_facts="sometimes"))


def test_every_fact_has_a_name_that_says_so(play: RunPlay) -> None:
    """Else a task that uses it would find it undefined."""
    ran = play(told("{{ ansible_facts | join(' ') }}", "{{ ansible_interfaces | join(' ') }}"))
    interfaces = {name.replace("-", "_").replace(".", "_") for name in ran.said("t1").split()}
    names = set(ran.said("t0").split()) - interfaces - {"gather_subset", "module_setup"}
    assert len(names) > 80
    assert [name for name in names if not is_fact(f"ansible_{name}")] == []
