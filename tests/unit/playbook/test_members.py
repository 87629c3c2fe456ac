"""Hosts and groups that tasks add, the control machine without a place in the inventory, and reading it again."""

from __future__ import annotations

import pytest

from phlo.errors import InventoryError
from tests.unit.playbook.conftest import RunPlay

SHOW = '{name: shown, debug: {msg: "{{ MSG }}"}}'


def show(expression: str) -> str:
    return SHOW.replace("MSG", expression)


def test_an_added_host_takes_part_in_the_next_play_with_the_variables_of_its_groups(play: RunPlay) -> None:
    ran = play(
        f"""
        - hosts: all
          tasks: [{{name: add, add_host: {{name: n1, groups: [new, newer], v: "{{{{ rank }}}}"}}}}]
        - hosts: new
          tasks: [{show("v ~ group_names ~ gv ~ hv")}]
        """,
        hosts=["a", "b"],
        files={"group_vars/new.yml": "gv: 1\n", "host_vars/n1.yml": "hv: 2\n"},
    )

    assert ran.ended("add", "a") == ["changed"]
    assert ran.ended("add", "b") == []
    assert ran.said("shown", "n1") == "0['new', 'newer']12"
    assert ran.outcome.hosts["n1"]["ok"] == 1


def test_an_added_value_is_no_template(play: RunPlay) -> None:
    ran = play(
        f"""
        - hosts: all
          tasks: [{{add_host: {{name: n1, v: "{{{{ '{{' ~ '{{ rank }}' ~ '}}' }}}}"}}}}]
        - hosts: n1
          tasks: [{show("v")}]
        """
    )

    assert ran.said("shown", "n1") == "{{ rank }}"


def test_adding_what_is_there_changes_nothing(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks:
            - {name: host, add_host: {name: n1, groups: new, v: 1}, loop: [1, 2]}
            - {name: group, group_by: {key: new}, loop: [1, 2]}
            - {name: more, add_host: {name: n1, v: 2}}
        """
    )

    assert ran.ended("host") == ["changed", "ok"]
    assert ran.ended("group") == ["changed", "ok"]
    assert ran.ended("more") == ["changed"]


def test_group_by_makes_groups_that_count_at_once(play: RunPlay) -> None:
    ran = play(
        f"""
        - hosts: all
          tasks:
            - group_by: {{key: "rank {{{{ rank }}}}", parents: ranks}}
            - {show("group_names ~ (gv | default(0))")}
        - hosts: ranks:!rank-0
          tasks: [{{name: later, debug: }}]
        """,
        hosts=["a", "b"],
        files={"group_vars/rank-1.yml": "gv: 7\n"},
    )

    assert ran.said("shown", "a") == "['rank-0', 'ranks']0"
    assert ran.said("shown", "b") == "['rank-1', 'ranks']7"
    assert (ran.ended("later", "a"), ran.ended("later", "b")) == ([], ["ok"])


def test_groups_inside_each_other_are_an_error(play: RunPlay) -> None:
    ran = play("- hosts: all\n  tasks: [{group_by: {key: a, parents: b}}, {name: t, group_by: {key: b, parents: a}}]\n")

    assert ran.ended("t") == ["failed"]
    assert "inside each other" in ran.said("t")


def test_a_group_that_no_task_made_has_no_hosts(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks: [{group_by: {key: made}, when: false}]
        - hosts: made:made[0]
          tasks: [{name: t, debug: }]
        - hosts: all:!made
          tasks: [{name: u, debug: }]
        """
    )

    assert (ran.ended("t"), ran.ended("u")) == ([], ["ok"])
    with pytest.raises(InventoryError, match='no host or group "made"'):
        play("- hosts: made\n  tasks: []\n")


def test_what_failed_adds_nothing(play: RunPlay) -> None:
    ran = play(
        f"""
        - hosts: all
          tasks:
            - {{group_by: {{key: made}}, failed_when: true, ignore_errors: true}}
            - {show("group_names | join")}
        """
    )

    assert ran.said("shown") == "ungrouped"


def test_check_mode_adds_hosts_and_groups(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks: [{add_host: {name: n1, groups: new}}, {group_by: {key: new}}]
        - hosts: new
          tasks: [{name: t, debug: }]
        """,
        check=True,
    )

    assert (ran.ended("t"), ran.ended("t", "n1")) == (["ok"], ["ok"])
    assert not any(change.is_counted for change in ran.outcome.changes)


@pytest.mark.parametrize("arguments", ["add_host: {groups: new}", "group_by: {key: ''}"])
def test_a_host_or_group_needs_a_name(arguments: str, play: RunPlay) -> None:
    ran = play(f"- hosts: all\n  tasks: [{{name: t, {arguments}}}]\n")
    assert ran.ended("t") == ["failed"]
    assert arguments.partition(":")[0] in ran.said("t")


def test_localhost_is_no_part_of_all(play: RunPlay) -> None:
    ran = play(
        f"""
        - hosts: localhost
          tasks: [{show("inventory_hostname ~ group_names ~ groups.all ~ ansible_connection ~ v")}]
        - hosts: all:!localhost
          tasks: [{{name: others, debug: }}]
        """,
        hosts=["a", "b"],
        files={"group_vars/all.yml": "v: 3\n"},
    )

    assert ran.said("shown", "localhost") == "localhost[]['a', 'b']local3"
    assert [ran.ended("others", host) for host in ("a", "b", "localhost")] == [["ok"], ["ok"], []]


def test_without_an_inventory_localhost_is_the_one_host(play: RunPlay) -> None:
    assert play("- hosts: localhost\n  tasks: [{name: t, debug: }]\n").ended("t", "local") == ["ok"]


def test_facts_can_be_those_of_localhost(play: RunPlay) -> None:
    ran = play(
        f"""
        - hosts: all
          tasks:
            - {{set_fact: {{f: 1}}, delegate_to: localhost, delegate_facts: true}}
            - {show("hostvars.localhost.f ~ (f is defined)")}
        """,
        hosts=["a"],
    )

    assert ran.said("shown", "a") == "1False"


def test_the_inventory_can_be_read_again(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: a
          tasks:
            - {add_host: {name: added}}
            - {copy: {dest: hosts.yaml, content: "all: {hosts: {a: , z: }}"}}
            - {meta: refresh_inventory}
        - hosts: all
          tasks: [{name: t, debug: }]
        """,
        inventory="all: {hosts: {a: , b: }}",
    )

    assert [host for host in ("a", "b", "z", "added") if ran.ended("t", host)] == ["a", "z", "added"]
