"""The inventories of the repository, and the examples' projects on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo import inventory
from phlo.config.project import Project
from phlo.config.resolve import resolve
from phlo.discovery import discover_services
from phlo.plan.up import build

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "inventories"
SHIPPED = sorted(FOLDER.glob("*.yaml"))
EXAMPLES = ("github-stats", "lakehouse")


def on(name: str, example: str) -> Project:
    root = ROOT / "examples" / example
    found = inventory.load([FOLDER / name], root=root)
    return resolve(discover_services(root), found, root=root, environ={})


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_inventory_has_hosts_and_no_file_that_counts_for_nothing(path: Path) -> None:
    found = inventory.load([path], root=path.parent)
    assert found.hosts
    assert found.unused == ()


@pytest.mark.parametrize("name", ["local.yaml", "ci.yaml"])
def test_on_one_machine_it_is_every_group_of_the_three_hosts(name: str) -> None:
    here, three = (inventory.load([FOLDER / one]) for one in (name, "three-hosts.yaml"))
    assert {group: here.groups[group].hosts for group in three.groups} == dict.fromkeys(three.groups, ("local",))


def test_in_ci_the_environment_says_where_the_engine_is() -> None:
    assert inventory.load([FOLDER / "ci.yaml"]).hosts["local"].url == ""


def test_every_service_of_the_packages_has_a_place_on_the_three_hosts() -> None:
    three = inventory.load([FOLDER / "three-hosts.yaml"])
    services = discover_services(ROOT).services.values()
    assert [one.name for one in services if one.package and not three.placed(one.name)] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_goes_on_three_hosts_as_it_is(example: str) -> None:
    project = on("three-hosts.yaml", example)
    assert set(project.placed()) == {"storage-1", "compute-1", "edge-1"}
    assert all(len(service.hosts) == 1 for service in project.services.values())
    assert {step.host for step in build(project).steps} == set(project.placed())


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("name", ["local.yaml", "ci.yaml"])
def test_an_example_goes_on_one_host_as_it_is(name: str, example: str) -> None:
    assert set(on(name, example).placed()) == {"local"}
