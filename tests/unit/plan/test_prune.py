"""What `prune` looks for on each host, and what it leaves."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.inventory import Host, Inventory
from phlo.operations import absent, orphans
from phlo.plan.prune import build_prune
from phlo.values import Change
from tests.unit.config.conftest import Workplace

HOSTS = Inventory(hosts={name: Host(name=name, docker_host=f"unix:///{name}") for name in ("a", "b", "c")})

PROJECT = """
services:
  db: {hosts: [a, b], scale: 2, volumes: ["data:/data"]}
  old: {enabled: false}
"""


@pytest.fixture
def lake(tmp_path: Any) -> Workplace:
    root = tmp_path / "lake"
    root.mkdir()
    place = Workplace(root)
    place.role("db", "default: true\ncompose: {networks: [inner]}\n")
    place.role("old")
    place.role("metrics", 'profile: observe\ncompose: {volumes: ["samples:/data", "./here:/there"]}\n')
    place.phlo_yaml(PROJECT + "networks: {inner: {}}\n")
    return place


def arguments(lake: Workplace, **options: bool) -> dict[str, Any]:
    return {step.id: step.args for step in build_prune(lake.resolve(inventory=HOSTS), HOSTS.hosts, **options).steps}


def test_every_host_of_the_inventory_is_looked_at_also_one_without_services(lake: Workplace) -> None:
    found = arguments(lake)
    assert {name for name in found if name.endswith("containers")} == {f"{host}//containers" for host in "abc"}
    assert found["a//containers"].scales == {"db": 2}
    assert found["c//containers"].scales == {}


def test_a_service_that_left_a_host_is_told_from_one_that_is_gone(lake: Workplace) -> None:
    found = arguments(lake)
    assert (found["a//containers"].elsewhere, found["c//containers"].elsewhere) == ({}, {"db": ("a", "b")})


def test_services_of_a_profile_stay_and_disabled_ones_go(lake: Workplace) -> None:
    assert arguments(lake)["c//containers"].known == {"metrics"}


def test_networks_stay_where_a_service_uses_them(lake: Workplace) -> None:
    found = arguments(lake)
    assert (found["a//networks"].others, found["c//networks"].others) == ({"lake_inner"}, frozenset())
    assert found["a//networks"].staying == {"db", "metrics"}


def test_volumes_are_looked_at_only_when_asked_for_and_those_of_a_profile_stay(lake: Workplace) -> None:
    assert not [name for name in arguments(lake) if name.endswith("volumes")]
    found = arguments(lake, with_volumes=True)
    assert found["a//volumes"].others == {"lake_data", "lake_samples"}
    assert found["c//volumes"].others == {"lake_samples"}


def container(service: str, instance: int = 1, suffix: str = "") -> dict[str, Any]:
    labels = {"phlo.project": "lake", "phlo.service": service, "phlo.instance": str(instance)}
    return {"Names": [f"/lake-{service}-{instance}{suffix}"], "Id": f"{service}{instance}{suffix}", "Labels": labels}


def test_each_container_that_goes_says_why(lake: Workplace) -> None:
    seen = (
        container("db"),
        container("db", 3),
        container("old"),
        container("metrics"),
        container("db", 1, ".phlo-before-r"),
    )
    found = arguments(lake)
    on_a, on_c = (orphans.decide(found[f"{host}//containers"], seen) for host in "ac")
    assert causes(on_a) == {
        "container:lake-db-3": "scale: db has 2 on this host",
        "container:lake-old-1": 'no service "old" is enabled in the project',
    }
    assert causes(on_c) == {
        "container:lake-db-1": '"db" is placed on a, b, and not here',
        "container:lake-db-1.phlo-before-r": '"db" is placed on a, b, and not here',
        "container:lake-db-3": '"db" is placed on a, b, and not here',
        "container:lake-old-1": 'no service "old" is enabled in the project',
    }


def causes(changes: list[Change]) -> dict[str, str]:
    assert {change.verb for change in changes} == {"remove"}
    return {change.at: change.causes[0] for change in changes}


class Listed:
    """A host that answers with what is listed on it."""

    def __init__(self, **answers: Any) -> None:
        self.engine = self
        self._answers = answers

    def get(self, path: str, **_: Any) -> Any:
        return self._answers[path.removesuffix("/json").strip("/")]


@pytest.mark.parametrize("kind", ["networks", "volumes"])
def test_what_a_container_that_stays_uses_is_left(kind: str) -> None:
    def using(name: str, project: str, service: str) -> dict[str, Any]:
        return {
            "Labels": {"phlo.project": project, "phlo.service": service},
            "NetworkSettings": {"Networks": {name: {}}},
            "Mounts": [{"Name": name}, {"Source": "/a/folder"}],
        }

    names = ("kept", "of-a-profile", "of-a-stranger", "of-one-that-goes", "of-nobody")
    things = [{"Name": name} for name in names]
    host = Listed(
        containers=[
            using("of-a-profile", "lake", "metrics"),
            using("of-a-stranger", "other", "db"),
            using("of-one-that-goes", "lake", "db"),
        ],
        networks=things,
        volumes={"Volumes": things},
    )
    args = absent.Args(kind=kind, project="lake", others=frozenset({"kept"}), staying=frozenset({"metrics"}))
    seen = absent.observe(args, host)  # type: ignore[arg-type]
    assert [change.at.partition(":")[2] for change in absent.decide(args, seen)] == ["of-nobody", "of-one-that-goes"]
