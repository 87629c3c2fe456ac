"""`phlo doctor`, on engines that only remember."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from phlo.discovery import discover_services
from tests.bench.fleet import engines, write_project
from tests.unit.cli.test_main import Said, phlo_says


class Fleet:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        others = list(discover_services(folder).services)
        self.arguments = write_project(folder, folder, 2, services=2, others=others)

    def says(self, *words: str) -> Said:
        return phlo_says([*words, *self.arguments], self.folder)

    def findings(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.says("doctor", "--output", "json").out)
        return found


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with engines(tmp_path, 2, latency_seconds=0.0):
        yield Fleet(tmp_path)


def named(findings: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [one for one in findings if one["name"] == name]


def test_a_ticket_has_the_project_its_hosts_containers_lock_and_last_run(fleet: Fleet) -> None:
    assert fleet.says("up", "-q").code == 0
    found = fleet.findings()
    assert named(found, "project")[0]["status"] == "ok"
    assert [one["status"] for one in found if one["name"].startswith("host ")] == ["ok", "ok"]
    assert named(found, "containers")[0]["data"] == {"running": 4}
    assert [one["text"].partition(" on ")[0] for one in named(found, "deploy lock")] == ["free", "free"]
    assert named(found, "last run")[0]["data"]["result"] == "changed"
    assert fleet.says("doctor", "--json").out.count('"name": "last run"') == 1


def test_a_host_that_does_not_answer_fails_and_the_others_are_told_all_the_same(fleet: Fleet) -> None:
    assert fleet.says("up", "-q").code == 0
    inventory = fleet.folder / fleet.arguments[fleet.arguments.index("-i") + 1]
    text = inventory.read_text()
    inventory.write_text(text.replace(f"{fleet.folder}/1.sock", f"{fleet.folder}/gone.sock"))
    said = fleet.says("doctor", "--json")
    found = json.loads(said.out)
    assert said.code == 1
    hosts = {one["name"]: one["status"] for one in found if one["name"].startswith("host ")}
    assert sorted(hosts.values()) == ["fail", "ok"]
    assert named(found, "containers")[0]["data"] == {"running": 2}


def test_each_mistake_in_phlo_yaml_is_a_finding_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "phlo.yaml").write_text("name: lake\nnope: 1\nservices:\n  web: {type: inline, imag: x}\n")
    said = phlo_says(["doctor", "--json"], tmp_path)
    texts = [one["text"] for one in json.loads(said.out) if (one["name"], one["status"]) == ("project", "fail")]
    assert said.code == 1
    assert [text.partition(" ")[0] for text in texts] == ["phlo.yaml:2", "phlo.yaml:4"]


def test_outside_of_a_project_the_machine_is_looked_at(tmp_path: Path) -> None:
    found = json.loads(phlo_says(["doctor", "--json"], tmp_path).out)
    assert named(found, "project")[0]["status"] == "info"
    assert {"phlo", "python", "packages", "engine", "project folder"} <= {one["name"] for one in found}
    missing = phlo_says(["doctor", "-C", "nowhere"], tmp_path)
    assert (missing.code, "there is no folder nowhere" in missing.err) == (3, True)


def test_a_project_without_services_needs_no_host_of_an_inventory(tmp_path: Path) -> None:
    (tmp_path / "phlo.yaml").write_text("name: lake\nservices: {defaults: false}\n")
    (tmp_path / "hosts.yaml").write_text("all: {hosts: {far: {docker_host: 'tcp://127.0.0.1:1'}}}\n")
    assert phlo_says(["ps", "-i", "hosts.yaml"], tmp_path).code == 0
    found = json.loads(phlo_says(["doctor", "--json", "-i", "hosts.yaml"], tmp_path).out)
    assert named(found, "host far")[0]["status"] == "fail"
