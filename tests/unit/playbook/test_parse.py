"""Errors in task files and playbooks are reported with their place and a fix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from phlo.errors import ConfigError, PhloError
from phlo.operations.arguments import make_args
from phlo.playbook.load import Loader
from phlo.playbook.model import Task
from phlo.playbook.operations import Operations
from tests.unit.playbook.conftest import RunPlay

TASK = "- hosts: all\n  tasks:\n    - "

WRONG: list[tuple[str, str, str]] = [
    ("- tasks: []", "site.yaml:1 [0]: the play says no hosts", "hosts: all"),
    ("- hosts: all\n  taks: []", 'site.yaml:2 [0].taks: "taks" is not a keyword of a play', '"tasks"'),
    ("hosts: all", "a playbook should be a list", '"- "'),
    (TASK + "debg: {msg: x}", '"debg" is neither an operation nor a keyword of a task', '"debug"'),
    (TASK + "{debug: , exec: ls}", "more than one operation: debug, exec", "one operation"),
    (TASK + "{name: x}", "the task has no operation", ""),
    (TASK + "{debug: , whn: x}", '"whn" is neither', '"when"'),
    (TASK + "{debug: , when: '{{ x }}'}", "when is an expression already", "when: x"),
    (TASK + "{debug: , loop: [1], with_items: [1]}", "exclude each other", "Keep one"),
    (TASK + "{debug: , loop: [1], loop_control: {labl: x}}", '"labl" is not a keyword of loop_control', '"label"'),
    (TASK + "{debug: , register: a-b}", "is not a variable's name", "letters"),
    (TASK + "{meta: flush_handler}", 'there is no meta task "flush_handler"', '"flush_handlers"'),
    (TASK + "{import_tasks: x.yaml, loop: [1]}", "import_tasks cannot loop", "include_tasks"),
    (TASK + "{import_tasks: none.yaml}", 'there is no file "none.yaml"', "Looked for"),
    (TASK + "{debug: , check_mode: false}", "check_mode cannot be switched off", "reads: true"),
    (TASK + "{block: [], resque: []}", '"resque" is not a keyword of a block', '"rescue"'),
    ("- hosts: all\n  roles: [nobody]", 'there is no role "nobody"', ""),
    ("- hosts: alll\n  tasks: []", 'there is no host or group "alll"', '"all"'),
    ("- hosts: all\n  handlers: [{block: []}]", "a handler cannot be a block", "listen"),
]


@pytest.mark.parametrize(("text", "what", "fix"), WRONG)
def test_a_mistake_is_told_with_its_place_and_a_fix(text: str, what: str, fix: str, play: RunPlay) -> None:
    with pytest.raises(PhloError) as caught:
        play(text)

    assert what in str(caught.value)
    assert fix in str(caught.value)


def test_all_mistakes_of_a_file_are_told_at_once(play: RunPlay) -> None:
    with pytest.raises(ConfigError) as caught:
        play(TASK + "{debg: x}\n    - {exec: , whn: y}")

    assert len(list(caught.value.each())) == 2


def test_names_of_ansible_collections_are_understood(play: RunPlay) -> None:
    assert play(TASK + "{name: t, ansible.builtin.debug: {msg: x}}").ended("t") == ["ok"]


INJECTED = {
    "project": "lake",
    "service": "",
    "folder": None,
    "root": None,
    "network": "",
    "find_file": None,
    "decrypted": None,
    "label": None,
    "render": None,
    "ask": None,
    "clock": float,
}

ARGUMENTS: list[tuple[str, dict[str, object], str]] = [
    ("exec", {}, '"command" is missing'),
    ("exec", {"command": "ls", "comand": "x"}, 'there is no argument "comand". Did you mean "command"?'),
    ("exec", {"command": "ls", "shell": "maybe"}, 'shell should be true or false, got "maybe"'),
    ("exec", {"command": ""}, "the command is empty"),
    ("exec", {"command": "ls", "stdin": "x", "stdin_file": "y"}, "exclude each other"),
    ("copy", {"dest": "/x"}, "needs one of src and content"),
    ("copy", {"dest": "x", "content": "", "service": "web"}, "should be an absolute path"),
    ("copy", {"dest": "/x", "content": "", "backup": True, "service": "web"}, "backup is for files of a host"),
    ("copy", {"dest": "/x", "content": "", "mode": "9"}, "should be a file mode"),
    ("copy", {"dest": "/x", "content": "", "owner": "me", "service": "web"}, "should be a user id"),
    ("http", {"url": "ftp://x"}, "should begin with http"),
    ("http", {"url": "http://x", "status_code": "ok"}, "should be a whole number"),
    ("wait_for", {}, "needs one of port, path and command"),
    ("run", {"command": "ls"}, "needs one of image and service"),
]


@pytest.mark.parametrize(("name", "values", "what"), ARGUMENTS)
def test_arguments_are_checked(name: str, values: dict[str, object], what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_args(Operations().find(name).Args, values, injected=INJECTED, where="site.yaml:3")  # type: ignore[attr-defined]

    assert str(caught.value).startswith("site.yaml:3: ")
    assert what in str(caught.value)


@pytest.mark.parametrize("name", sorted(Operations().names()))
def test_every_operation_for_tasks_documents_every_argument(name: str) -> None:
    from phlo.report.operation_docs import arguments, summary

    module = Operations().find(name)

    assert summary(module).endswith(".")
    assert [one.name for one in arguments(module) if not one.text] == []


SHORT_FORMS = {
    "command: echo 'a b' creates=/x": {"command": "echo 'a b'", "creates": "/x"},
    "command: {cmd: echo hi, chdir: /usr}": {"command": "echo hi", "chdir": "/usr"},
    "shell: x=1; echo $x chdir=/usr": {"command": "x=1; echo $x", "chdir": "/usr", "shell": True},
    "action: command echo hi": {"command": "echo hi"},
    "debug: msg=\"{{ 'a b' }}\"": {"msg": "{{ 'a b' }}"},
    "set_fact: a=1 b='c d'": {"a": "1", "b": "c d"},
    "exec: env A=b": "env A=b",
    "debug: msg of a=b": "msg of a=b",
}


@pytest.mark.parametrize("line", SHORT_FORMS)
def test_arguments_in_one_line_are_those_of_ansible(line: str, tmp_path: Path) -> None:
    name, _, text = line.partition(": ")
    value = text if text.startswith("{") else json.dumps(text)
    (tmp_path / "tasks.yaml").write_text(f"- {name}: {value}\n")
    loader = Loader(root=tmp_path, services={}, operations=Operations(installed={}).names())

    (task,) = loader.tasks(tmp_path / "tasks.yaml")

    assert isinstance(task, Task)
    assert task.arguments.value == SHORT_FORMS[line]
