"""Arguments of tasks are checked by name before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.discovery import discover_services
from phlo.errors import ConfigError
from phlo.playbook.arguments import check_arguments
from phlo.playbook.load import Loader
from phlo.playbook.operations import Operations

ROLE = "name: shop\nimage: example/shop:1\n"


def check(folder: Path, tasks: str) -> None:
    """Check a playbook that takes the role of a service and does `tasks`."""
    (folder / "roles" / "shop").mkdir(parents=True)
    (folder / "roles" / "shop" / "service.yaml").write_text(ROLE)
    (folder / "site.yaml").write_text(f"- hosts: all\n  roles: [shop]\n  tasks:\n{tasks}")
    operations = Operations()
    loader = Loader(root=folder, services=discover_services(folder).services, operations=operations.names())
    for play in loader.playbook(folder / "site.yaml"):
        check_arguments(play, operations.find)


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
    assert (first.what, first.fix) == ('exec has no argument "comand"', 'Did you mean "command"?')
    assert first.where.startswith("site.yaml:5 ")
    assert second.what == 'debug has no argument "mgs"'
