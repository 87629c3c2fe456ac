"""Which groups are Swarms, and which of their hosts are managers."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo import inventory
from phlo.errors import InventoryError
from phlo.inventory.clusters import Cluster, cluster_of, clusters, with_nodes
from phlo.inventory.hosts import Inventory

ROOT = Path(__file__).resolve().parents[3]


def load(folder: Path, text: str) -> Inventory:
    path = folder / "hosts.yaml"
    path.write_text(text)
    return inventory.load([path], root=folder)


def group(hosts: str, variables: str = "orchestrator: swarm") -> str:
    return f"all: {{children: {{lake: {{vars: {{{variables}}}, hosts: {{{hosts}}}}}}}, hosts: {{far: }}}}\n"


TWICE = (
    "all: {children: {x: {vars: {orchestrator: swarm}, hosts: {a: }}, y: {vars: {orchestrator: swarm}, hosts: {a: }}}}"
)


def only(folder: Path, text: str) -> Cluster:
    (found,) = clusters(load(folder, text))
    return found


@pytest.mark.parametrize(
    ("hosts", "managers"),
    [
        ("a: ", ("a",)),
        ("a: , b: ", ("a",)),
        ("a: , b: , c: , d: ", ("a", "b", "c")),
        ("a: , b: {swarm_role: manager}, c: ", ("b",)),
        ("a: {swarm_role: worker}, b: , c: ", ("b",)),
        ("a: {swarm_role: worker}, b: , c: , d: ", ("b", "c", "d")),
    ],
)
def test_the_first_hosts_are_managers_unless_roles_are_given(
    tmp_path: Path, hosts: str, managers: tuple[str, ...]
) -> None:
    found = only(tmp_path, group(hosts))
    assert found.managers == managers
    assert set(found.nodes) == {part.strip()[0] for part in hosts.split(",") if part.strip()}
    assert found.manager == managers[0]


def test_a_host_may_be_in_no_swarm_and_stands_for_itself(tmp_path: Path) -> None:
    found = load(tmp_path, group("a: , b: "))
    assert cluster_of(found, "far") is None
    assert cluster_of(found, "b") is not None
    assert with_nodes(found, ("far", "a")) == ("far", "a", "b")


def test_group_vars_may_say_it(tmp_path: Path) -> None:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars/lake.yaml").write_text("orchestrator: swarm\nswarm_publish: host\n")
    assert only(tmp_path, group("a: ", "")).publish == "host"


def test_without_the_word_there_is_no_swarm(tmp_path: Path) -> None:
    assert clusters(load(tmp_path, group("a: ", "orchestrator: docker"))) == ()
    assert clusters(Inventory()) == ()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (group("a: ", "orchestrator: swamr"), 'orchestrator should be swarm or docker, got "swamr"'),
        (group("a: {swarm_role: boss}"), 'swarm_role should be manager or worker, got "boss"'),
        (group("a: {swarm_role: worker}"), 'the Swarm "lake" has no manager'),
        (group("a: {swarm_publish: mesh}, b: {swarm_publish: host}"), "have different values of swarm_publish"),
        (
            TWICE,
            '"a" is in two Swarms, "x" and "y"',
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, error: str) -> None:
    with pytest.raises(InventoryError) as caught:
        clusters(load(tmp_path, text))
    assert error in str(caught.value)
    assert str(caught.value).startswith("hosts.yaml:1")
    assert caught.value.fix


def test_the_shipped_swarm_has_three_managers_and_two_workers() -> None:
    (found,) = clusters(inventory.load([ROOT / "inventories/swarm.yaml"], root=ROOT))
    assert found.managers == ("node-1", "node-2", "node-3")
    assert found.workers == ("node-4", "node-5")
    assert found.publish == "mesh"
