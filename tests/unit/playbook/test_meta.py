"""`meta` tasks, delegation and facts, as Ansible has them."""

from __future__ import annotations

import pytest

from phlo.errors import ConfigError
from tests.unit.playbook.conftest import RunPlay

PLAYS = """
- hosts: all
  serial: SERIAL
  tasks:
    - {name: bad, fail: {}, when: rank == 0 and FAILS}
    - {meta: META, when: rank == 0}
    - {name: after, debug: {}}
- hosts: all
  tasks: [{name: next play, debug: {}}]
"""


@pytest.mark.parametrize(
    ("meta", "serial", "after", "next_play"),
    [
        ("noop", 2, ["a", "b"], ["a", "b"]),
        ("end_host", 2, ["b"], ["a", "b"]),
        ("end_play", 2, [], ["a", "b"]),
        ("end_play", 1, [], ["a", "b"]),
        ("end_batch", 2, [], ["a", "b"]),
        ("end_batch", 1, ["b"], ["a", "b"]),
    ],
)
def test_meta_ends_what_it_names(meta: str, serial: int, after: list[str], next_play: list[str], play: RunPlay) -> None:
    text = PLAYS.replace("META", meta).replace("SERIAL", str(serial)).replace("FAILS", "false")

    ran = play(text, hosts=["a", "b"])

    assert [host for host in "ab" if ran.ended("after", host)] == after
    assert [host for host in "ab" if ran.ended("next play", host)] == next_play


def test_the_condition_of_the_first_host_counts_for_what_concerns_all(play: RunPlay) -> None:
    text = PLAYS.replace("META, when: rank == 0", "end_play, when: rank == 1").replace("SERIAL", "2")

    ran = play(text.replace("FAILS", "false"), hosts=["a", "b"])

    assert ran.ended("after", "a") == ["ok"]
    assert ran.ended("after", "b") == ["ok"]


def test_a_host_whose_errors_are_cleared_takes_part_in_the_next_play(play: RunPlay) -> None:
    text = PLAYS.replace("META, when: rank == 0", "clear_host_errors").replace("SERIAL", "2")

    ran = play(text.replace("FAILS", "true"), hosts=["a", "b"])

    assert (ran.ended("after", "a"), ran.ended("next play", "a")) == ([], ["ok"])
    assert ran.outcome.failures == ()


def test_end_role_ends_the_role_for_a_host(play: RunPlay) -> None:
    ran = play(
        "- hosts: all\n  roles: [r]\n  tasks: [{name: of play, debug: {}}]\n",
        files={
            "roles/r/tasks/main.yml": "- {name: one, debug: {}}\n- {meta: end_role, when: rank == 0}\n"
            "- {name: two, debug: {}}\n- block: [{name: three, debug: {}}]\n"
        },
        hosts=["a", "b"],
    )

    assert [end.step.name for end in ran.ends() if end.step.host == "a"] == ["one", "of play"]
    assert [end.step.name for end in ran.ends() if end.step.host == "b"] == ["one", "two", "three", "of play"]


@pytest.mark.parametrize("meta", ["end_role", "reset_connection", "nosuch"])
def test_a_meta_task_that_means_nothing_here_is_refused(meta: str, play: RunPlay) -> None:
    with pytest.raises(ConfigError, match=rf"site\.yaml:2 .*{meta}") as caught:
        play(f"- hosts: all\n  tasks: [{{meta: {meta}}}]\n")
    assert caught.value.fix


def test_facts_are_those_of_the_host_that_a_task_is_delegated_to(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: a
          tasks:
            - {set_fact: {x: 1}, delegate_to: b, delegate_facts: true}
            - {name: told, debug: {msg: "{{ x is defined }} {{ hostvars.b.x }}"}}
        """,
        hosts=["a", "b"],
    )

    assert ran.said("told", "a") == "False 1"


def test_each_item_is_delegated_to_its_own_host(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: a
          tasks:
            - {name: t, touch: x, loop: [a, b], delegate_to: "{{ item }}", when: item != 'a'}
            - {name: told, debug: {msg: "{{ ansible_delegated_vars.keys() | list }}"}, delegate_to: b}
        """,
        hosts=["a", "b"],
    )

    assert ran.touched == {"b": ["x"]}
    assert "b" in ran.said("told", "a")


def test_cacheable_facts_are_in_ansible_facts_until_they_are_cleared(play: RunPlay) -> None:
    told = '{name: NAME, debug: {msg: "{{ ansible_facts.x is defined }} {{ x }}"}}'
    ran = play(
        f"""
        - hosts: all
          tasks:
            - {{set_fact: {{x: 1, cacheable: true}}}}
            - {told.replace("NAME", "before")}
            - {{meta: clear_facts}}
            - {told.replace("NAME", "after")}
        """
    )

    assert (ran.said("before"), ran.said("after")) == ("True 1", "False 1")


def test_a_host_that_another_host_stopped_does_not_count_as_rescued(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks:
            - block: [{name: bad, fail: {}, when: rank == 1}]
              any_errors_fatal: true
              rescue: [{name: res, debug: {}}]
        """,
        hosts=["a", "b"],
    )

    assert ran.ended("res", "a") == ran.ended("res", "b") == ["ok"]
    assert [ran.outcome.hosts[name].get("rescued", 0) for name in "ab"] == [0, 1]
