from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from phlo import inventory
from phlo.errors import InventoryError
from phlo.inventory import Inventory


def loaded(tmp_path: Path, *texts: str) -> Inventory:
    paths = []
    for number, text in enumerate(texts):
        path = tmp_path / f"hosts{number or ''}.yaml"
        path.write_text(dedent(text))
        paths.append(path)
    return inventory.load(paths, root=tmp_path)


def test_without_a_file_there_is_one_local_host() -> None:
    found = inventory.load()
    assert list(found.hosts) == ["local"]
    assert found.hosts["local"].docker_host is None


def test_hosts_groups_and_variables_are_read(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        """
        all:
          vars: {region: north}
          hosts:
            lone:
          children:
            storage:
              vars: {tier: fast}
              hosts:
                data-[1:2]: {docker_host: "ssh://ops@10.0.0.1", disk: 10}
            web:
              hosts: {data-1: {color: blue}, front: {ansible_host: 10.0.0.9}}
        """,
    )
    assert list(found.hosts) == ["lone", "data-1", "data-2", "front"]
    assert found.hosts["data-2"].docker_host == "ssh://ops@10.0.0.1"
    assert found.hosts["front"].address == "10.0.0.9"
    assert {name: one.value for name, one in found.hosts["data-1"].variables.items()} == {"disk": 10, "color": "blue"}
    assert {name: group.hosts for name, group in found.groups.items()} == {
        "all": ("lone", "data-1", "data-2", "front"),
        "storage": ("data-1", "data-2"),
        "web": ("data-1", "front"),
    }
    assert [group.name for group in found.groups_of("data-1")] == ["all", "storage", "web"]
    assert str(found.groups["all"].variables["region"].source) == "hosts.yaml:3"
    assert found.select(("web", "lone")) == ("lone", "data-1", "front")


def test_a_deeper_group_comes_after_the_one_it_is_in(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        """
        zone: {children: {alpha: {hosts: {a: }}}}
        beta: {hosts: {a: }}
        """,
    )
    assert [group.name for group in found.groups_of("a")] == ["all", "beta", "zone", "alpha"]
    assert found.groups["zone"].hosts == ("a",)


def test_a_later_file_adds_to_an_earlier_one(tmp_path: Path) -> None:
    found = loaded(tmp_path, "all: {hosts: {a: {x: 1, y: 1}}}\n", "all: {hosts: {a: {y: 2}, b: }}\n")
    assert list(found.hosts) == ["a", "b"]
    assert {name: one.value for name, one in found.hosts["a"].variables.items()} == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    ("pattern", "hosts"),
    [
        ("n[1:3]", ["n1", "n2", "n3"]),
        ("n[01:03:2]", ["n01", "n03"]),
        ("[a:c]-x", ["a-x", "b-x", "c-x"]),
        ("r[1:2]-[a:b]", ["r1-a", "r1-b", "r2-a", "r2-b"]),
    ],
)
def test_a_range_names_several_hosts(tmp_path: Path, pattern: str, hosts: list[str]) -> None:
    assert list(loaded(tmp_path, f'all: {{hosts: {{"{pattern}": }}}}').hosts) == hosts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hosts: {a: }\n", 'hosts.yaml:1 hosts: "hosts" stands outside of a group'),
        ("all:\n  host: {a: }\n", 'hosts.yaml:2 all.host: "host" is not part of a group. Did you mean "hosts"?'),
        ("all: {hosts: [a]}\n", "hosts.yaml:1 all.hosts: should be a mapping"),
        ("all: {hosts: {a: 5}}\n", "hosts.yaml:1 all.hosts.a: should be a mapping"),
        ('all: {hosts: {"a[3:1]": }}\n', 'hosts.yaml:1 all.hosts.a[3:1]: the range "[3:1]" is empty'),
        ('all: {hosts: {"a[1:b]": }}\n', 'hosts.yaml:1 all.hosts.a[1:b]: "[1:b]" is not a range'),
        ('all: {hosts: {"a b": }}\n', 'hosts.yaml:1 all.hosts.a b: "a b" is not a host\'s name'),
        ("a: {children: {b: {children: {a: }}}}\n", "hosts.yaml:1 a.children.b.children.a: the group is inside itself"),
        ("a: {children: {b: }, hosts: {x: }}\nb: {children: {a: }}\n", "hosts.yaml:2 b.children.a: the groups"),
        ("all: {vars: {x: 1}}\n", "hosts.yaml: has no host"),
        ("a: [1\n", "hosts.yaml:2: is not valid YAML"),
    ],
)
def test_a_wrong_inventory_is_an_error_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InventoryError) as caught:
        loaded(tmp_path, text)
    assert str(caught.value).startswith(message)


def test_an_unknown_host_suggests_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match=r'phlo\.yaml:3: .* "data-l"\. Did you mean "data-1"'):
        loaded(tmp_path, "all: {hosts: {data-1: }}").select(("data-l",), where="phlo.yaml:3")


def test_a_port_behind_a_name_is_that_of_its_ssh_server(tmp_path: Path) -> None:
    found = loaded(tmp_path, "all: {hosts: {'web:2222': {x: 1}, 'db[1:2]:2201': , own:22: {ansible_port: 23}}}\n")

    assert {name: host.docker_host for name, host in found.hosts.items()} == {
        "web": "ssh://web:2222",
        "db1": "ssh://db1:2201",
        "db2": "ssh://db2:2201",
        "own": "ssh://own:23",
    }
