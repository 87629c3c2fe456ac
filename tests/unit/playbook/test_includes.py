"""Includes and roles, as Ansible has them."""

from __future__ import annotations

import pytest

from phlo.errors import ConfigError
from tests.unit.playbook.conftest import RunPlay

FILES = {
    "inner.yml": "- {name: inner, debug: }\n",
    "v.yml": 'x: 1\ny: "{{ x }}!"\n',
    "roles/r/tasks/main.yml": "- {name: of r, debug: }\n",
    "roles/dep/defaults/main.yml": "d: of dep\n",
    "roles/m/meta/main.yml": "dependencies: [dep]\n",
    "roles/m/tasks/main.yml": '- {name: of m, debug: {msg: "{{ d }}"}}\n',
}


@pytest.mark.parametrize(
    ("roles", "times"),
    [
        ("[r, r]", 1),
        ("[{role: r, when: false}, r]", 2),
        ("[{role: r, tags: [a]}, {role: r, tags: [b]}]", 2),
        ("[{role: r, v: 1}, {role: r, v: 2}]", 2),
    ],
)
def test_a_role_is_done_once_with_the_same_words(roles: str, times: int, play: RunPlay) -> None:
    ran = play(f"- hosts: all\n  roles: {roles}\n", files=FILES)

    assert len(ran.ended("of r")) == times


def test_an_included_role_sees_the_defaults_of_the_roles_it_depends_on(play: RunPlay) -> None:
    ran = play("- hosts: all\n  tasks: [{include_role: {name: m}}]\n", files=FILES)

    assert ran.said("of m") == "of dep"


INCLUDES = {
    "include_vars: v.yml": "{{ r.ansible_facts.y }} {{ r.changed }} {{ r.failed }}|1! False False",
    "include_tasks: inner.yml": "{{ r.changed }} {{ r.failed }}|False False",
    "include_role: {name: r}": "{{ r.changed }}|False",
    "include_tasks: inner.yml, when: false": "{{ r.skipped }}|True",
    "include_vars: nosuch.yml, ignore_errors: true": "{{ r.failed }}|True",
}


@pytest.mark.parametrize("include", INCLUDES)
def test_an_include_registers_how_it_ended(include: str, play: RunPlay) -> None:
    shown, _, expected = INCLUDES[include].partition("|")

    ran = play(
        f'- hosts: all\n  tasks: [{{{include}, register: r}}, {{name: told, debug: {{msg: "{shown}"}}}}]\n', files=FILES
    )

    assert ran.said("told").lower() == expected.lower()


@pytest.mark.parametrize(
    "task",
    [
        "include_tasks: {file: inner.yml, nosuch: 1}",
        "import_tasks: {file: inner.yml, nosuch: 1}",
        "include_role: {name: r, nosuch: 1}",
        "import_role: {name: r, nosuch: 1}",
        "import_role: {name: r, apply: {tags: x}}",
    ],
)
def test_an_argument_that_an_include_does_not_have_is_refused(task: str, play: RunPlay) -> None:
    with pytest.raises(ConfigError, match=r"site\.yaml:2 .*is not an argument of (include|import)_"):
        play(f"- hosts: all\n  tasks: [{{{task}}}]\n", files=FILES)


@pytest.mark.parametrize(
    "place", ["- hosts: all\n  vars: {VARS}\n", "- hosts: all\n  tasks: [{debug: , vars: {VARS}}]\n"]
)
@pytest.mark.parametrize("name", ["'{{ x }}'", "a-b", "1x"])
def test_what_is_no_name_of_a_variable_is_refused(place: str, name: str, play: RunPlay) -> None:
    with pytest.raises(ConfigError, match="is not a variable's name"):
        play(place.replace("VARS", f"{name}: 1"))


@pytest.mark.parametrize(
    "task", ["set_fact: {1x: 1}", "set_fact: {}", "set_fact: {x: '{{ omit }}'}", "debug: {msg: a, var: x}"]
)
def test_arguments_that_mean_nothing_are_refused(task: str, play: RunPlay) -> None:
    ran = play(f"- hosts: all\n  vars: {{x: 1}}\n  tasks: [{{name: t, {task}}}]\n")

    assert ran.ended("t") == ["failed"]
    assert "site.yaml:3" in ran.said("t")
