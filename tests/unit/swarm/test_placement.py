"""Where on a Swarm services may run, and what a Swarm cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from phlo.inventory import Host, Inventory
from phlo.inventory.hosts import Group, Variable
from phlo.swarm.placement import node_labels
from phlo.values import Source

if TYPE_CHECKING:
    from tests.unit.config.conftest import Workplace

NODES = ("a", "b", "c")
SWARM = {"orchestrator": Variable(value="swarm", source=Source(layer="inventory"))}
INVENTORY = Inventory(
    hosts={
        name: Host(name=name, docker_host=f"ssh://10.0.0.{index}", address=f"10.0.0.{index}")
        for index, name in enumerate((*NODES, "far"), 1)
    },
    groups={
        "all": Group(name="all", hosts=(*NODES, "far")),
        "lake": Group(name="lake", hosts=NODES, depth=1, variables=SWARM),
        "disks": Group(name="disks", hosts=("b", "c"), depth=2),
    },
)


@pytest.fixture
def lake(workplace: Workplace) -> Workplace:
    workplace.role("db", "default: true\n")
    return workplace


def phlo_yaml(hosts: str, more: str = "") -> str:
    return f"name: lake\nservices: {{db: {{hosts: {hosts}{', ' if more else ''}{more}}}}}\n"


@pytest.mark.parametrize(
    ("hosts", "nodes", "constraints"),
    [
        ("[lake]", NODES, ()),
        ("[a, b, c]", NODES, ()),
        ("[b]", ("b",), ("node.labels.phlo.host.b == true",)),
        ("[disks]", ("b", "c"), ("node.labels.phlo.group.disks == true",)),
    ],
)
def test_a_service_is_kept_where_it_is_placed(
    lake: Workplace, hosts: str, nodes: tuple[str, ...], constraints: tuple[str, ...]
) -> None:
    lake.phlo_yaml(phlo_yaml(hosts))
    service = lake.resolve(inventory=INVENTORY).services["db"]
    assert service.hosts == ("a",), "the manager, whose engine takes services"
    assert service.placement is not None
    assert (service.placement.cluster, service.runs_on, service.placement.constraints) == ("lake", nodes, constraints)


def test_constraints_find_nodes_by_the_labels_that_join_gives_them() -> None:
    assert node_labels("b", INVENTORY) == {
        "phlo.host.b": "true",
        "phlo.group.lake": "true",
        "phlo.group.disks": "true",
    }


def test_beside_the_swarm_nothing_changes(lake: Workplace) -> None:
    lake.phlo_yaml(phlo_yaml("[far]"))
    service = lake.resolve(inventory=INVENTORY).services["db"]
    assert (service.hosts, service.placement, service.runs_on) == (("far",), None, ("far",))


@pytest.mark.parametrize(
    ("hosts", "error"),
    [
        ("[a, far]", '"db" is placed on the Swarm "lake" and on other hosts too'),
        ("[a, b]", '"db" is placed on a, b of the Swarm "lake", which are no group'),
    ],
)
def test_a_placement_that_no_constraint_can_say_is_refused(lake: Workplace, hosts: str, error: str) -> None:
    lake.phlo_yaml(phlo_yaml(hosts))
    (found,) = lake.errors(inventory=INVENTORY)
    assert found.startswith(f"phlo.yaml:2 services.db: {error}")


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ("privileged: true", "which does not know privileged"),
        ("container_name: one", "which does not know container_name"),
        ("network_mode: host", "which does not know network_mode"),
        ("devices: [/dev/fuse]", "which does not know devices"),
        ("ports: ['127.0.0.1:80:80']", "which publishes on every address of a node, not on 127.0.0.1 alone"),
        ("ports: ['8000-8010:80']", "which does not choose a port out of a range"),
        ("volumes: ['data:/data']", 'its volume "data" would be another one on each of 3 nodes'),
        ("networks: {default: {ipv4_address: 10.1.1.1}}", "which gives no ipv4_address to a task"),
    ],
)
def test_what_a_swarm_cannot_do_is_refused_with_what_to_do(lake: Workplace, more: str, error: str) -> None:
    lake.phlo_yaml(phlo_yaml("[lake]", more))
    (found,) = lake.errors(inventory=INVENTORY)
    assert (
        f'"db" is placed on the Swarm "lake", {error}' in found
        or f'"db" is placed on the Swarm "lake", and {error}' in found
    )
    assert "Leave it out" in found or "Publish" in found or "Name one" in found or "Pin it" in found
    lake.phlo_yaml(phlo_yaml("[far]", more))
    assert lake.resolve(inventory=INVENTORY).services["db"].placement is None


def test_hooks_and_tasks_of_roles_may_be_on_a_swarm_and_empty_files_may_not(workplace: Workplace) -> None:
    workplace.role("a", "default: true\nhooks: {post_start: [{command: [echo, hi]}]}\n")
    workplace.role("b", "default: true\n", {"tasks/main.yaml": "- debug: {msg: hi}\n"})
    workplace.role("c", "default: true\ntemplates: [{source: x.j2, dest: /x}]\n", {"templates/x.j2": ""})
    workplace.phlo_yaml("name: lake\nservices: {a: {hosts: [lake]}, b: {hosts: [lake]}, c: {hosts: [lake]}}\n")
    found = workplace.errors(inventory=INVENTORY)
    assert [error.split(", ", 1)[1].split(". ")[0] for error in found] == [
        "which has no empty files (/x)",
    ]


@pytest.mark.parametrize(
    "more", ["hosts: [b], volumes: ['data:/d']", "hosts: [lake], deploy: {mode: global}, volumes: ['d:/d']"]
)
def test_a_volume_is_fine_where_it_is_always_the_same(lake: Workplace, more: str) -> None:
    lake.phlo_yaml(f"name: lake\nservices: {{db: {{{more}}}}}\n")
    assert lake.resolve(inventory=INVENTORY).services["db"].placement


def test_a_need_across_the_border_is_refused(workplace: Workplace) -> None:
    workplace.role("db", "default: true\ncompose: {expose: ['1']}\n")
    workplace.role("app", "default: true\ndepends_on: [db]\n")
    workplace.phlo_yaml("name: lake\nservices: {db: {hosts: [lake]}, app: {hosts: [far]}}\n")
    (found,) = workplace.errors(inventory=INVENTORY)
    assert '"app" is on a host and needs "db", which is on the Swarm "lake"' in found


def test_what_only_a_swarm_can_do_is_a_warning_on_hosts_alone(lake: Workplace) -> None:
    more = "deploy: {placement: {constraints: [node.role == worker]}}"
    lake.phlo_yaml(phlo_yaml("[far]", more))
    assert any("has an effect only in a Swarm" in text for text in lake.resolve(inventory=INVENTORY).warnings)
    lake.phlo_yaml(phlo_yaml("[lake]", more))
    assert lake.resolve(inventory=INVENTORY).warnings == ()
