"""Inventories that a program prints."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from phlo import inventory
from phlo.errors import InventoryError
from phlo.inventory import Inventory

LISTED = {
    "storage": {"hosts": ["data-1", "data-2"], "vars": {"tier": "fast"}, "services": ["db"]},
    "edge": ["gate"],
    "site": {"children": ["storage", "edge"]},
    "all": {"vars": {"region": "north"}, "children": ["site"]},
    "_meta": {"hostvars": {"data-1": {"docker_host": "ssh://ops@10.0.0.1", "disk": 3}, "stranger": {"x": 1}}},
}
Program = Callable[[str], Path]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    def write(text: str) -> Path:
        path = tmp_path / "hosts"
        path.write_text(text)
        path.chmod(0o755)
        return path

    return write


def printing(answer: object) -> str:
    return f"#!/bin/sh\ncat <<'END'\n{json.dumps(answer)}\nEND\n"


def load(path: Path, **environ: str) -> Inventory:
    return inventory.load([path], root=path.parent, environ={"PATH": os.environ["PATH"], **environ})


def error(path: Path, **environ: str) -> InventoryError:
    with pytest.raises(InventoryError) as caught:
        load(path, **environ)
    return caught.value


def test_a_program_says_which_hosts_there_are(program: Program) -> None:
    found = load(program(printing(LISTED)))
    assert list(found.hosts) == ["data-1", "data-2", "gate"]
    assert found.groups["site"].hosts == ("data-1", "data-2", "gate")
    assert found.hosts["data-1"].docker_host == "ssh://ops@10.0.0.1"
    assert found.hosts["data-1"].variables["disk"].value == 3
    assert [group.name for group in found.groups_of("data-1")] == ["all", "site", "storage"]
    assert found.groups["storage"].variables["tier"].value == "fast"
    assert str(found.groups["all"].variables["region"].source) == "hosts"
    assert found.placed("db") == ("data-1", "data-2")
    assert found.is_volatile


def test_it_is_asked_with_list_and_gets_the_environment(program: Program) -> None:
    text = '#!/bin/sh\nprintf \'{"a": ["%s-%s"], "_meta": {"hostvars": {}}}\' "$ZONE" "${1#--}"\n'
    assert list(load(program(text), ZONE="north").hosts) == ["north-list"]


def test_without_variables_in_its_answer_it_is_asked_for_each_host(program: Program) -> None:
    text = '#!/bin/sh\nif [ "$1" = --host ]; then printf \'{"is": "%s"}\' "$2"; else echo \'{"a": ["x", "y"]}\'; fi\n'
    found = load(program(text))
    assert [host.variables["is"].value for host in found.hosts.values()] == ["x", "y"]


def test_variables_beside_it_count_as_beside_a_file(program: Program, tmp_path: Path) -> None:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "storage.yml").write_text("tier: slow\n")
    found = load(program(printing(LISTED)))
    assert [layer["tier"].value for layer in found.group_layers("data-1") if "tier" in layer] == ["fast", "slow"]


def test_one_in_a_folder_goes_together_with_files(program: Program, tmp_path: Path) -> None:
    program(printing({"a": {"hosts": ["dynamic"]}, "_meta": {"hostvars": {}}}))
    (tmp_path / "static.yaml").write_text("a: {hosts: {static: }}\n")
    assert inventory.load([tmp_path], root=tmp_path, environ=os.environ).groups["a"].hosts == ("dynamic", "static")


def test_yaml_that_may_be_executed_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "hosts.yaml"
    path.write_text("all: {hosts: {a: }}\n")
    path.chmod(0o755)
    assert list(load(path).hosts) == ["a"]


@pytest.mark.parametrize(
    ("text", "message", "detail"),
    [
        ("#!/bin/sh\necho 'no such account' >&2; exit 3\n", "hosts: ended with status 3", ("no such account",)),
        ("#!/bin/sh\necho hello\n", "hosts: printed no JSON (", ()),
        ("#!/bin/sh\n", "hosts: printed nothing. Try it by hand: ", ()),
        ("#!/bin/sh\necho '[]'\n", "hosts: printed no JSON object", ()),
        ("#!/nowhere/at/all\n", "hosts: cannot be run (No such file or directory)", ()),
        (printing({"a": {"host": ["x"]}}), 'hosts a: "host" is not part of a group. Did you mean "hosts"?', ()),
        (printing({"a": {"hosts": "x"}}), "hosts a.hosts: should be a list of names", ()),
        (printing({"a": 1}), "hosts a: should be a JSON object", ()),
        (
            printing({"a": ["x"], "_meta": {"hostvars": {"x": 1}}}),
            "hosts _meta.hostvars.x: should be a JSON object",
            (),
        ),
        (
            printing({"a": {"children": ["b"]}, "b": {"children": ["a"]}}),
            'hosts b.children: the groups "b" and "a"',
            (),
        ),
        (printing({}), "hosts: has no host", ()),
    ],
)
def test_what_goes_wrong_names_the_file(program: Program, text: str, message: str, detail: tuple[str, ...]) -> None:
    found = error(program(text))
    assert str(found).startswith(message)
    assert found.detail == detail


def test_one_that_does_not_end_is_ended_with_all_that_it_started(program: Program, tmp_path: Path) -> None:
    path = program(f"#!/bin/sh\nsleep 1000 & echo $! > {tmp_path}/pid\nwait\n")
    found = error(path, PHLO_INVENTORY_TIMEOUT="1")
    assert str(found).startswith("hosts: did not end within 1 s. Find out by hand what it waits for")
    child = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 30
    while is_at_work(child):
        assert time.monotonic() < deadline, f"{child} is still at work"
        time.sleep(0.02)


def is_at_work(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_time_that_is_none_is_told(program: Program) -> None:
    found = error(program(printing(LISTED)), PHLO_INVENTORY_TIMEOUT="soon")
    assert str(found) == (
        'environment: PHLO_INVENTORY_TIMEOUT: "soon" is not a number of seconds. Write e.g. PHLO_INVENTORY_TIMEOUT=60.'
    )
