"""What tasks register and how they end, as Ansible has it."""

from __future__ import annotations

import pytest

from tests.unit.playbook.conftest import RunPlay

REGISTERED = {
    "a command that failed": (
        "command: 'false'\n      ignore_errors: true",
        "{{ r.changed }} {{ r.failed }} {{ r.rc }} {{ r.msg }}",
        "True True 1 non-zero return code",
    ),
    "a reading command that failed": (
        "command: {cmd: 'false', reads: true}\n      ignore_errors: true",
        "{{ r.changed }} {{ r.rc }}",
        "False 1",
    ),
    "a failure without a message": ("fail:\n      ignore_errors: true", "{{ r.msg }}", "Failed as requested from task"),
    "a skipped task": ("touch: x\n      when: false", "{{ r.failed is defined }} {{ r is failed }}", "False False"),
    "a condition of the result that fails": (
        "touch: x\n      changed_when: nosuch\n      ignore_errors: true",
        "{{ r.changed }} {{ r.failed }} {{ r.path }}",
        "True True x",
    ),
    "changed_when of a failure": (
        "command: 'false'\n      changed_when: false\n      failed_when: false",
        "{{ r.changed }} {{ r.failed }} {{ r.rc }}",
        "False False 1",
    ),
    "until that never holds": (
        "touch: x\n      until: false\n      retries: 2\n      delay: 0\n      ignore_errors: true",
        "{{ r.attempts }} {{ r.failed }}",
        "2 True",
    ),
}


@pytest.mark.parametrize("name", REGISTERED)
def test_register_keeps_what_ansible_keeps(name: str, play: RunPlay) -> None:
    task, shown, expected = REGISTERED[name]

    ran = play(
        f"- hosts: all\n  tasks:\n    - name: t\n      register: r\n      {task}\n"
        f'    - {{name: told, debug: {{msg: "{shown}"}}}}\n'
    )

    assert ran.said("told") == expected


def test_failed_when_alone_decides_after_the_last_try(play: RunPlay) -> None:
    ran = play(
        """
        - hosts: all
          tasks: [{name: t, touch: x, register: r, until: false, retries: 1, delay: 0, failed_when: false}]
        """
    )

    assert ran.ended("t") == ["ok"]


@pytest.mark.parametrize("keyword", ["when", "changed_when", "failed_when", "until"])
@pytest.mark.parametrize(
    ("value", "kind"),
    [("'text'", "text"), ("''", "text"), ("[1]", "list"), ("0", "int"), ("none", "nothing"), ("{}", "dict")],
)
def test_a_condition_that_is_neither_true_nor_false_is_refused(
    keyword: str, value: str, kind: str, play: RunPlay
) -> None:
    ran = play(
        f"- hosts: all\n  vars: {{v: {value if value != 'none' else 'null'}}}\n"
        f"  tasks:\n    - {{name: t, touch: x, {keyword}: v, retries: 1, delay: 0}}\n"
    )

    assert ran.ended("t") == ["failed"]
    assert f"a condition needs true or false, `v` gives {kind}" in ran.said("t")
    assert "site.yaml:4" in ran.said("t")
