"""Arguments of tasks are checked by name before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.discovery import discover_services
from phlo.errors import ConfigError
from phlo.playbook.arguments import check_arguments
from phlo.playbook.load import Loader
from phlo.playbook.operations import Operations
from phlo.playbook.plays import read_playbook
from phlo.sections.accepted import Accepted

ROLE = "name: shop\nimage: example/shop:1\n"


def check(folder: Path, tasks: str) -> None:
    """Check a playbook that takes the role of a service and does `tasks`."""
    (folder / "roles" / "shop").mkdir(parents=True)
    (folder / "roles" / "shop" / "service.yaml").write_text(ROLE)
    (folder / "site.yaml").write_text(f"- hosts: all\n  roles: [shop]\n  tasks:\n{tasks}")
    operations = Operations()
    loader = Loader(root=folder, services=discover_services(folder).services, operations=operations.names())
    for play in read_playbook(loader, folder / "site.yaml"):
        check_arguments(play, operations.find, Accepted(folder / "cache", "accepted-arguments"))


@pytest.mark.parametrize(
    "task",
    [
        "exec: ls",
        "exec: {command: ls, service: shop}",
        "command: ls\n      args: {chdir: /}",
        "set_fact: {whatever: 1}",
        "debug: {msg: x}",
        "include_tasks: more.yaml",
        "meta: noop",
    ],
)
def test_what_an_operation_has_is_taken_and_so_is_the_role_of_a_service(task: str, tmp_path: Path) -> None:
    check(tmp_path, f"    - {task}\n")


def test_each_argument_that_an_operation_does_not_have_is_told_in_blocks_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        check(tmp_path, "    - block:\n        - exec: {comand: ls}\n      rescue:\n        - debug: {mgs: x}\n")
    first, second = caught.value.each()
    assert (first.what, first.fix) == ('there is no argument "comand"', 'Did you mean "command"?')
    assert first.where.startswith("site.yaml:5 ")
    assert second.what == 'there is no argument "mgs"'


WRONG = [
    ("exec: {command: ls, shell: maybe}", "shell should be true or false", "[0].tasks[0].exec.shell"),
    (
        "exec: {command: ls, environment: {LANG: [1]}}",
        "environment.LANG should be a text, got a list",
        "exec.environment",
    ),
    ("exec: {command: [ls, {a: b}]}", "command[1] should be a text, got a mapping", "exec.command"),
    ("exec: {shell: true}", '"command" is missing', "exec"),
    ("http: {url: 'http://x', status_code: ok}", 'status_code should be a whole number, got "ok"', "http.status_code"),
    ("copy: {dest: /x, content: '', mode: '9'}", 'mode should be a file mode such as "0640"', "copy.mode"),
    ("exec: ls\n      args: {timeout_seconds: soon}", 'timeout_seconds should be a number, got "soon"', "exec"),
]


@pytest.mark.parametrize(("task", "what", "keys"), WRONG, ids=[what for _, what, _ in WRONG])
def test_a_value_that_an_operation_does_not_take_is_an_error_before_anything_runs(
    task: str, what: str, keys: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        check(tmp_path, f"    - {task}\n")
    (error,) = caught.value.each()
    assert what in error.what
    assert error.where.startswith("site.yaml:4 ")
    assert keys in error.where


@pytest.mark.parametrize(
    "task",
    [
        "exec: {command: ls, shell: '{{ maybe }}'}",
        "exec: {command: ls, environment: {LANG: '{{ words }}'}}",
        "exec: '{{ command }}'",
        "copy: {dest: /x, content: '', mode: '{% if a %}9{% endif %}'}",
    ],
)
def test_a_value_with_a_template_is_not_checked_before_it_is_rendered(task: str, tmp_path: Path) -> None:
    check(tmp_path, f"    - {task}\n")


def test_a_wrong_argument_is_an_error_beside_one_with_a_template(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="shell should be true or false"):
        check(tmp_path, "    - exec: {command: '{{ command }}', shell: maybe}\n")
