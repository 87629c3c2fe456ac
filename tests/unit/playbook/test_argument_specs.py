"""`meta/argument_specs.yml`: a role's arguments are checked before its first task."""

from __future__ import annotations

import pytest

from tests.unit.playbook.conftest import Ran, RunPlay

TASK = "Validating arguments against arg spec 'main' - The role"
SPEC = """
argument_specs:
  main:
    short_description: The role
    options:
      x: {type: int, required: true, description: "has {{ templates }}"}
      mode: {choices: [a, b], default: "{{ other }}"}
  other:
    options:
      z: {required: true}
"""
FILES = {
    "roles/r/tasks/main.yml": "- {name: of role, debug: }\n",
    "roles/r/tasks/other.yml": "- {name: other, debug: }\n",
    "roles/r/tasks/plain.yml": "- {name: plain, debug: }\n",
    "roles/r/meta/argument_specs.yml": SPEC,
}


def run(play: RunPlay, text: str, **more: object) -> Ran:
    return play(f"- hosts: all\n  {text}\n", files=FILES, **more)


@pytest.mark.parametrize(
    ("role", "wrong"),
    [
        ("{role: r, x: 1}", ""),
        ("{role: r, vars: {x: '1', mode: b, more: 1}}", ""),
        ("r", "x is required"),
        ("{role: r, x: some}", 'x should be an int, got "some"'),
        ("{role: r, x: 1, mode: c}", "mode should be one of a, b, got c"),
        ("{role: r, x: 1, more: 2}", "more is not an argument"),
    ],
)
def test_a_role_begins_with_a_check_of_its_arguments(role: str, wrong: str, play: RunPlay) -> None:
    ran = run(play, f"roles: [{role}]")
    assert ran.ended(TASK) == (["failed"] if wrong else ["ok"])
    assert ran.ended("of role") == ([] if wrong else ["ok"])
    assert not wrong or wrong in ran.said(TASK)


@pytest.mark.parametrize(
    ("include", "names"),
    [
        ("{include_role: {name: r, tasks_from: other}, vars: {z: 1}}", "Validating arguments against arg spec 'other'"),
        ("{include_role: {name: r, tasks_from: plain}}", "plain"),
        ("{include_role: {name: r, rolespec_validate: false}}", "of role"),
        ("{import_role: {name: r, rolespec_validate: false}}", "of role"),
        ("{import_role: {name: r}, vars: {x: 1}}", TASK),
    ],
)
def test_what_is_checked_is_the_entry_point_of_an_include(include: str, names: str, play: RunPlay) -> None:
    assert run(play, f"tasks: [{include}]").names()[0] == names


def test_the_check_runs_whatever_the_tags(play: RunPlay) -> None:
    assert run(play, "roles: [{role: r, x: 1}]", only=frozenset({"nosuch"})).names() == [TASK]


def test_a_rescue_sees_what_was_wrong(play: RunPlay) -> None:
    rescue = "[{name: saved, debug: {msg: '{{ ansible_failed_result.argument_errors | first }}'}}]"
    ran = run(play, f"tasks: [{{block: [{{include_role: {{name: r}}}}], rescue: {rescue}}}]")
    assert ran.said("saved") == "x is required"
