"""Values of arguments, keys and template files, as Ansible has them."""

from __future__ import annotations

import pytest

from tests.unit.playbook.conftest import RunPlay

ARGUMENTS = {
    "keys keep their types": ("debug: {msg: {2: a, true: b, 1.5: c}}", "<{{ r.msg | list }}>", "<[2, True, 1.5]>"),
    "keys are no templates": (
        'debug: {msg: {"{{ x }}": 1}}',
        "{{ r.msg | list | length }} {{ x in r.msg }}",
        "1 False",
    ),
    "names of facts are": ('set_fact: {"{{ x }}": 1}', "{{ name }}", "1"),
    "all arguments from a template": ("debug: \"{{ {'msg': x} }}\"", "{{ r.msg }}", "name"),
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_arguments_are_those_of_ansible(case: str, play: RunPlay) -> None:
    task, shown, expected = ARGUMENTS[case]

    ran = play(
        f"- hosts: all\n  vars: {{x: name}}\n  tasks:\n    - register: r\n      {task}\n"
        f'    - {{name: told, debug: {{msg: "{shown}"}}}}\n'
    )

    assert ran.said("told") == expected


TEMPLATES = {
    "a number": ("{{ n }}\n", "int", "5"),
    "a list": ("{{ [1] }}\n", "list", "[1]"),
    "a text keeps its end of line": ("{%- for i in [1, 2] -%}\n{{ i }}\n{%- endfor -%}\n", "str", "'12\\n'"),
    "several parts": ("{{ n }}{{ n }}\n", "str", "'55\\n'"),
    "nothing": ("{% if false %}x{% endif %}\n", "str", "'\\n'"),
    "an included file loses its last end of line": ("{% include 'part.j2' %}|\n", "str", "'part|\\n'"),
}


@pytest.mark.parametrize("case", TEMPLATES)
def test_a_looked_up_template_is_what_it_is_in_ansible(case: str, play: RunPlay) -> None:
    text, kind, shown = TEMPLATES[case]

    ran = play(
        """
        - hosts: all
          vars: {n: 5, found: "{{ lookup('template', 't.j2') }}"}
          tasks: [{name: told, debug: {msg: "{{ found | type_debug }} {{ [found] | string }}"}}]
        """,
        files={"t.j2": text, "part.j2": "part\n"},
    )

    assert ran.said("told") == f"{kind} [{shown}]"
