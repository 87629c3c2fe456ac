"""The values of variables while plays run: precedence, loops, secrets, hostvars."""

from __future__ import annotations

import pytest

from phlo.values import Secret
from tests.unit.playbook.conftest import RunPlay

THREE = ("a", "b", "c")


def test_variables_of_hosts_plays_tasks_and_facts_win_in_that_order(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          vars: {v: play, derived: "from {{ v }}"}
          tasks:
            - {name: one, debug: {msg: "{{ v }} {{ derived }}"}}
            - {name: two, debug: {msg: "{{ v }} {{ derived }}"}, vars: {v: task}}
            - set_fact: {v: fact}
            - {name: three, debug: {msg: "{{ v }} {{ derived }}"}, vars: {v: task}}
            - {name: host, debug: {msg: "{{ rank }} {{ hostvars['b'].rank }} {{ group_names }}"}}
        """,
        hosts=THREE,
    )

    said = [ran.said(name, "a") for name in ("one", "two", "three", "host")]
    assert said == ["play from play", "task from task", "fact from fact", "0 1 ['ungrouped']"]


def test_what_a_command_printed_is_never_taken_for_a_template(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks:
            - {command: "echo {{ '{{ 6 * 7 }}' }}", register: r}
            - {name: told, debug: {msg: "{{ r.stdout }}"}}
        """
    )

    assert ran.said("told") == "{{ 6 * 7 }}"


def test_a_secret_stays_masked_whatever_is_made_of_it(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          vars: {url: "http://user:{{ PASSWORD }}@x"}
          tasks:
            - {name: plain, debug: {msg: "{{ url }}"}}
            - {name: encoded, debug: {msg: "{{ PASSWORD | b64encode }}"}}
            - {name: nested, debug: {var: "{'a': [url]}"}}
            - {name: printed, command: "echo {{ PASSWORD | b64encode }}", register: r}
            - {name: told, debug: {var: r}}
            - {name: path, touch: "{{ PASSWORD }}"}
        """,
        values={"PASSWORD": Secret("hunter2hunter2")},
    )

    text = repr(ran.events) + repr(ran.outcome)
    assert "***" in text
    assert "hunter2" not in text
    assert "aHVudGVyMmh1bnRlcjI=" not in text
    assert "may not be made of a secret" in ran.said("path")


def test_no_log_hides_what_a_task_says(play: RunPlay) -> None:
    ran = play("- hosts: all\n  tasks: [{name: t, debug: {msg: private words}, no_log: true}]")

    assert "private" not in repr(ran.events)
    assert ran.said("t") == "hidden by no_log"


GROWING = {
    "set_fact: {l: \"{{ l | default([]) + [item] }}\"}": "[1, 2, 3]",
    "set_fact: {l: \"{{ l | default('') }}{{ item }}\"}": "123",
}  # fmt: skip


@pytest.mark.parametrize("task", GROWING)
def test_an_item_of_a_loop_sees_what_the_items_before_it_set(task: str, play: RunPlay) -> None:
    end = """- {name: end, debug: {msg: "x{{ l }}"}}"""
    ran = play(f"- hosts: all\n  tasks:\n    - {task}\n      loop: [1, 2, 3]\n    {end}\n")

    assert ran.said("end") == f"x{GROWING[task]}"


def test_a_loop_of_two_lists_has_their_items_in_pairs(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks:
            - {name: t, debug: {msg: "{{ item[0] }}{{ item[1] }}"}, with_together: [[1, 2], [a, b]], register: r}
            - {name: end, debug: {msg: "{{ r.results | map(attribute='msg') | join }}"}}
        """
    )

    assert ran.said("end") == "1a2b"


def test_hostvars_are_rendered_with_the_variables_of_their_host(play: RunPlay) -> None:
    ran = play(
        '- hosts: a\n  tasks: [{name: t, debug: {msg: "{{ hostvars.b.lazy }}"}}]',
        hosts=THREE,
        files={"host_vars/b.yml": 'lazy: "{{ rank }} of {{ inventory_hostname }}"'},
    )

    assert ran.said("t", "a") == "1 of b"
