"""`phlo up` and `phlo plan` on many hosts, each an engine that only remembers (tests/bench/fake_engine.py)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from phlo.discovery import discover_services
from phlo.hosts.connect import open_engine
from tests.bench.fleet import engines, write_project
from tests.unit.cli.test_main import Said, phlo_says

HOSTS = 6


class Fleet:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        others = list(discover_services(folder).services)
        self.arguments = write_project(folder, folder, HOSTS, services=2, others=others)

    def says(self, *words: str) -> Said:
        return phlo_says([*words, *self.arguments], self.folder)

    def containers(self, number: int) -> dict[str, Any]:
        """The containers of one host by name, as `inspect` has them."""
        engine = open_engine(f"unix://{self.folder}/{number}.sock", name=str(number), environ={})
        names = [entry["Names"][0][1:] for entry in engine.get("/containers/json", all=True)]
        found = {name: engine.get(f"/containers/{name}/json") for name in names}
        engine.close()
        return found

    def ids(self, *left_out: int) -> list[str]:
        """The ids of all containers, but for those of some hosts."""
        numbers = [number for number in range(1, HOSTS + 1) if number not in left_out]
        return [one["Id"] for number in numbers for one in self.containers(number).values()]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with engines(tmp_path, HOSTS, latency_seconds=0.0):
        yield Fleet(tmp_path)


def test_up_brings_the_services_up_on_every_host_and_a_second_one_changes_nothing(fleet: Fleet) -> None:
    assert fleet.says("up", "-q").code == 0
    ids = fleet.ids()
    assert len(ids) == HOSTS * 2  # and no lock is left
    assert fleet.says("plan", "--detailed-exitcode", "-q").code == 0
    again = fleet.says("up")
    assert (again.code, "Nothing to do" in again.err) == (0, True)
    assert fleet.ids() == ids


def test_a_service_has_the_variables_of_the_host_that_it_is_on(fleet: Fleet) -> None:
    assert fleet.says("up", "-q").code == 0
    for number in range(1, HOSTS + 1):
        for container in fleet.containers(number).values():
            assert f"REGION=r{(number - 1) % 4}" in container["Config"]["Env"]


def test_a_change_of_one_groups_variable_touches_its_hosts_alone(fleet: Fleet) -> None:
    assert fleet.says("up", "-q").code == 0
    inventory = fleet.folder / "hosts.yaml"
    inventory.write_text(inventory.read_text().replace("region: r2", "region: elsewhere"))
    planned = json.loads(fleet.says("plan", "--json").out)
    changed = {step["host"] for step in planned["steps"] if step["status"] == "pending"}
    assert changed == {"host-0003"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("host-0002", {2}), ("region-0", {1, 5}), ("all:!region-0:!host-0002", {3, 4, 6}), ("~host-000[34]$", {3, 4})],
)
def test_limit_leaves_all_other_hosts_alone(fleet: Fleet, pattern: str, expected: set[int]) -> None:
    assert fleet.says("up", "-q", "--limit", pattern).code == 0
    assert {number for number in range(1, HOSTS + 1) if fleet.containers(number)} == expected


def test_a_limit_that_means_no_host_is_an_error(fleet: Fleet) -> None:
    said = fleet.says("up", "--limit", "all:!all")
    assert said.code == 3
    assert "no service is placed on a host" in said.err


def test_a_host_that_cannot_be_reached_fails_alone(fleet: Fleet) -> None:
    (fleet.folder / "4.sock").unlink()
    assert fleet.says("up", "-q").code == 4
    assert [len(fleet.containers(number)) for number in (1, 2, 3, 5, 6)] == [2] * 5


def test_limit_to_the_failed_ones_does_their_part_alone(fleet: Fleet) -> None:
    socket = fleet.folder / "4.sock"
    socket.rename(fleet.folder / "away.sock")
    assert fleet.says("up", "-q").code == 4
    (fleet.folder / "away.sock").rename(socket)
    ids = fleet.ids(2, 4)
    (fleet.folder / "2.sock").unlink()  # anyone who asks another host fails
    assert fleet.says("up", "-q", "--limit", "@failed").code == 0
    assert (len(fleet.containers(4)), fleet.ids(2, 4)) == (2, ids)
    again = fleet.says("up", "--limit", "@failed")
    assert (again.code, "--limit @failed: no host failed in the last run" in again.err) == (3, True)


def test_limit_to_the_failed_ones_before_any_run_is_an_error(fleet: Fleet) -> None:
    said = fleet.says("up", "--limit", "@failed")
    assert (said.code, "there is no run yet that could have failed" in said.err) == (3, True)
