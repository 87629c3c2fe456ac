"""Which handlers run, for whom and when, as Ansible has it."""

from __future__ import annotations

import pytest

from phlo.errors import ConfigError
from tests.unit.playbook.conftest import RunPlay


def test_a_handler_that_notifies_itself_runs_again_at_the_next_flush(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks: [{name: t, command: "true", notify: h}]
          handlers: [{name: h, command: "true", notify: h}]
        """
    )

    assert ran.names() == ["t", "h", "h"]


def test_a_handler_before_the_one_that_notifies_it_runs_at_the_next_flush(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks: [{name: t, command: "true", notify: last}, {meta: flush_handlers}, {name: after, debug: {}}]
          handlers: [{name: first, debug: {}}, {name: last, command: "true", notify: first}]
        """
    )

    assert ran.names() == ["t", "last", "after", "first"]


def test_of_two_handlers_of_a_name_the_first_counts(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks: [{name: t, command: "true", notify: h}]
          handlers: [{name: h, debug: {msg: one}}, {name: h, debug: {msg: two}}]
        """
    )

    assert [end.message for end in ran.ends() if end.step.name == "h"] == ["one"]


@pytest.mark.parametrize("name", ["restart web", "r : of role"])
def test_a_handler_is_notified_by_its_rendered_name_or_with_its_role(name: str, play: RunPlay) -> None:
    ran = play(
        f"""
        - hosts: all
          vars: {{what: web}}
          roles: [r]
          tasks: [{{name: t, command: "true", notify: "{name}"}}]
          handlers: [{{name: "restart {{{{ what }}}}", debug: {{}}}}]
        """,
        files={"roles/r/tasks/main.yml": "[]", "roles/r/handlers/main.yml": "- {name: of role, debug: {}}\n"},
    )

    assert ran.names() == ["t", name.removeprefix("r : ")]


def test_run_once_notifies_for_the_host_that_did_it(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks: [{name: t, command: "true", notify: h, run_once: true}]
          handlers: [{name: h, debug: {}}]
        """,
        hosts=["a", "b"],
    )

    assert (ran.ended("h", "a"), ran.ended("h", "b")) == (["ok"], [])


def test_what_a_block_notifies_holds_for_its_tasks_unless_they_say_else(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks:
            - block: [{name: t, command: "true"}, {name: u, command: "true", notify: other}]
              notify: h
          handlers: [{name: h, debug: {}}, {name: other, debug: {}}]
        """
    )

    assert ran.names() == ["t", "u", "h", "other"]


def test_the_handlers_of_a_role_see_the_variables_of_its_call(play: RunPlay) -> None:
    ran = play(
        "- hosts: all\n  roles: [{role: r, v: call}]\n",
        files={
            "roles/r/tasks/main.yml": "- {name: t, command: 'true', notify: h}\n",
            "roles/r/handlers/main.yml": '- {name: h, debug: {msg: "{{ v }}"}}\n',
            "roles/r/vars/main.yml": "v: role\n",
        },
    )

    assert ran.said("h") == "call"


def test_a_block_cannot_be_a_handler(play: RunPlay) -> None:
    with pytest.raises(ConfigError, match=r"site\.yaml:\d+ .*a handler cannot be a block"):
        play("- hosts: all\n  tasks: []\n  handlers: [{name: h, block: [{debug: {}}]}]\n")
