from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from phlo.inventory import Host, Inventory
from phlo.inventory.hosts import Group
from phlo.plan.up import build

if TYPE_CHECKING:
    from .conftest import Workplace

PLACED = "name: lake\nservices: {{db: {{hosts: {db}}}, app: {{hosts: {app}}}}}\n"


def inventory(**addresses: str | None) -> Inventory:
    hosts = {
        name: Host(name=name, docker_host=f"ssh://{address or name}", address=address)
        for name, address in addresses.items()
    }
    return Inventory(hosts=hosts, groups={"all": Group(name="all", hosts=tuple(hosts))})


@pytest.fixture
def pair(workplace: Workplace) -> Workplace:
    """app needs db, which publishes a port for people on this machine only."""
    workplace.role("db", 'default: true\ncompose: {ports: ["127.0.0.1:6000:5432"], expose: ["9000"]}\n')
    workplace.role("app", "default: true\ndepends_on: [db]\n")
    return workplace


def body(pair: Workplace, found: Inventory, step: str) -> dict[str, object]:
    plan = build(pair.resolve(inventory=found))
    return next(one for one in plan.steps if one.id == step).args.body  # type: ignore[no-any-return]


def test_a_service_on_another_host_is_known_by_its_name(pair: Workplace) -> None:
    pair.phlo_yaml(PLACED.format(db="[a]", app="[b]"))
    found = body(pair, inventory(a="10.0.0.1", b="10.0.0.2"), "b/app/container")
    assert found["HostConfig"]["ExtraHosts"] == ["db:10.0.0.1"]  # type: ignore[index]


def test_what_others_need_is_published_on_the_hosts_own_address(pair: Workplace) -> None:
    pair.phlo_yaml(PLACED.format(db="[a]", app="[b]"))
    found = body(pair, inventory(a="10.0.0.1", b="10.0.0.2"), "a/db/container")
    bindings = found["HostConfig"]["PortBindings"]  # type: ignore[index]
    assert bindings["5432/tcp"] == [
        {"HostIp": "10.0.0.1", "HostPort": "5432"},
        {"HostIp": "127.0.0.1", "HostPort": "6000"},
    ]
    assert bindings["9000/tcp"] == [{"HostIp": "10.0.0.1", "HostPort": "9000"}]


def test_on_one_host_nothing_more_is_published(pair: Workplace) -> None:
    pair.phlo_yaml(PLACED.format(db="[a]", app="[a]"))
    project = pair.resolve(inventory=inventory(a="10.0.0.1", b="10.0.0.2"))
    assert project.services["db"].cross_host_endpoints == project.services["app"].cross_host_endpoints == {}


def test_who_has_the_other_on_its_own_host_meets_it_there(pair: Workplace) -> None:
    pair.phlo_yaml(PLACED.format(db="[a, b]", app="[b, c]"))
    project = pair.resolve(inventory=inventory(a="10.0.0.1", b="10.0.0.2", c="10.0.0.3"))
    assert {host: endpoint.extra_hosts for host, endpoint in project.services["app"].cross_host_endpoints.items()} == {
        "c": ("db:10.0.0.1",)
    }
    assert list(project.services["db"].cross_host_endpoints) == ["a"]


def test_a_run_about_one_service_makes_it_as_a_whole_run_does(pair: Workplace) -> None:
    pair.phlo_yaml(PLACED.format(db="[a]", app="[b]"))
    found = inventory(a="10.0.0.1", b="10.0.0.2")
    whole, part = pair.resolve(inventory=found), pair.resolve(["db"], inventory=found)
    assert part.services["db"].cross_host_endpoints == whole.services["db"].cross_host_endpoints != {}


@pytest.mark.parametrize(
    ("role", "addresses", "message"),
    [
        ("expose: ['1']", {"a": None, "b": "10.0.0.2"}, 'and a has the address "a", which is not an IP address'),
        ("init: true", {"a": "10.0.0.1", "b": "10.0.0.2"}, '"app" needs "db" on a, which has no port to reach it by'),
    ],
)
def test_what_cannot_be_met_is_an_error(
    workplace: Workplace, role: str, addresses: dict[str, str | None], message: str
) -> None:
    workplace.role("db", f"default: true\ncompose: {{{role}}}\n")
    workplace.role("app", "default: true\ndepends_on: [db]\n")
    workplace.phlo_yaml(PLACED.format(db="[a]", app="[b]"))
    assert message in workplace.errors(inventory=inventory(**addresses))[0]
