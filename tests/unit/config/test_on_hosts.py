"""What the inventory says about a project: places and variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.inventory import load
from tests.unit.config.conftest import Workplace


@pytest.fixture
def lake(workplace: Workplace) -> Workplace:
    workplace.role("db", "env_vars: {REGION: {default: nowhere}}\n")
    return workplace


def test_a_group_of_the_inventory_places_services_and_goes_before_phlo_yaml(lake: Workplace, tmp_path: Path) -> None:
    lake.phlo_yaml("services: {db: {hosts: [front]}}")
    hosts = tmp_path / "hosts.yaml"
    hosts.write_text("storage: {hosts: {data-1: , data-2: }, services: [db]}\nweb: {hosts: {front: }}\n")
    found = load([hosts])
    assert lake.resolve(["db"], inventory=found).services["db"].hosts == ("data-1", "data-2")


def test_a_group_may_name_services_that_a_project_does_not_have(lake: Workplace, tmp_path: Path) -> None:
    hosts = tmp_path / "hosts.yaml"
    hosts.write_text("storage: {hosts: {data-1: , data-2: }, services: [other, db]}\n")
    assert list(lake.resolve(["db"], inventory=load([hosts])).services) == ["db"]


@pytest.mark.parametrize(
    ("services", "fix"),
    [
        (
            "[database]",
            'Write services: [db] in a group of the inventory (such as "site" with a, b), or hosts: here.',
        ),
        ("[dbs]", 'Is it "dbs" in hosts.yaml:1?'),
    ],
)
def test_a_service_without_a_place_may_have_been_misspelt(
    lake: Workplace, tmp_path: Path, services: str, fix: str
) -> None:
    hosts = tmp_path / "hosts.yaml"
    hosts.write_text(f"site: {{hosts: {{a: , b: }}, services: {services}}}\n")
    found = load([hosts], root=tmp_path)
    assert lake.errors(["db"], inventory=found) == [f'phlo.yaml:1 services.db: "db" is placed on no host. {fix}']


def test_all_services_without_a_host_are_named_at_once_with_the_group_of_the_others(
    lake: Workplace, tmp_path: Path
) -> None:
    lake.phlo_yaml("services: {db: {}, web: {type: inline, image: w}, api: {type: inline, image: a}}")
    hosts = tmp_path / "hosts.yaml"
    hosts.write_text("all: {children: {edge: {hosts: {a: }}, site: {hosts: {b: , c: , d: , e: }, services: [db]}}}\n")
    (error,) = lake.errors(inventory=load([hosts], root=tmp_path))
    what, fix = error.split(". ", maxsplit=1)
    assert what == "phlo.yaml:1 services.api: api, web are placed on no host"
    assert fix.startswith('Write services: [api, web] in a group of the inventory (such as "site" with b, c, d, ...)')


def test_group_vars_are_variables_of_the_project(lake: Workplace, tmp_path: Path) -> None:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all.yml").write_text("REGION: north\n")
    hosts = tmp_path / "hosts.yaml"
    hosts.write_text("all: {hosts: {data-1: }, vars: {REGION: south}}\n")
    value = lake.resolve(inventory=load([hosts], root=tmp_path)).values["REGION"]
    assert (str(value.text), str(value.source)) == ("north", "group_vars/all.yml:1")


def test_an_inventory_of_a_program_leaves_no_proof(lake: Workplace, tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text('#!/bin/sh\necho \'{"a": ["data-1"], "_meta": {"hostvars": {}}}\'\n')
    hosts.chmod(0o755)
    assert lake.resolve(inventory=load([hosts])).is_volatile
