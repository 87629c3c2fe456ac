"""`module_defaults`: arguments that tasks have when they do not write them themselves."""

from __future__ import annotations

import pytest

from phlo.errors import ConfigError
from tests.unit.playbook.conftest import RunPlay


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("debug: ", "of play"),
        ("ansible.builtin.debug: ", "of play"),
        ("debug: {msg: own}", "own"),
        ("debug: \n      module_defaults: {debug: {msg: of task}}", "of task"),
        ("debug: \n      module_defaults: {ansible.builtin.debug: {msg: of task}}", "of task"),
        ("debug: \n      module_defaults: [{debug: {msg: 1}}, {debug: {msg: 2}}]", "2"),
        ("debug: \n      module_defaults: {copy: {mode: '0600'}}", "of play"),
        ("debug: \n      vars: {v: 3}\n      module_defaults: {debug: {msg: '{{ v }}'}}", "3"),
    ],
)
def test_the_nearest_default_counts_where_the_task_says_nothing(task: str, said: str, play: RunPlay) -> None:
    text = f"- hosts: all\n  module_defaults: {{debug: {{msg: of play}}}}\n  tasks:\n    - name: t\n      {task}\n"
    assert play(text).said("t") == said


def test_a_task_keeps_the_defaults_that_it_does_not_give(play: RunPlay) -> None:
    ran = play("""
        - hosts: all
          module_defaults: {command: {chdir: /usr}, shell: {chdir: /}}
          tasks:
            - {command: pwd, register: one}
            - {command: pwd chdir=/, register: two}
            - {shell: pwd, register: three}
            - {name: t, debug: {msg: "{{ one.stdout }} {{ two.stdout }} {{ three.stdout }}"}}
    """)
    assert ran.said("t") == "/usr / /"


def test_what_is_included_has_the_defaults_around_it(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks:
            - block: [{include_tasks: inner.yml}, {include_role: {name: r}}]
              module_defaults: {debug: {msg: around}}
        """,
        files={"inner.yml": "- {name: inner, debug: }\n", "roles/r/tasks/main.yml": "- {name: of role, debug: }\n"},
    )
    assert (ran.said("inner"), ran.said("of role")) == ("around", "around")


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("{group/aws: {region: x}}", 'there is no group of operations "group/aws"'),
        ("{debug: text}", "module_defaults of debug should be a mapping"),
        ("{debug: }", "module_defaults of debug should be a mapping"),
        ("{docker_image: {name: x}}", 'there is no operation "docker_image"'),
        ("text", "module_defaults should be a mapping"),
        ("{debug: {nosuch: 1}}", 'there is no argument "nosuch"'),
    ],
)
def test_wrong_defaults_are_refused(given: str, what: str, play: RunPlay) -> None:
    with pytest.raises(ConfigError, match=what):
        play(f"- hosts: all\n  tasks: [{{debug: , module_defaults: {given}}}]\n")
