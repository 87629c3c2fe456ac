"""What `phlo adopt` refuses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from phlo.cli.adopt import check
from phlo.errors import OperationError

ID = "1" * 64
MOUNTED = SimpleNamespace(type="volume", source="data", target="/data/")


class Containers:
    """An engine with some containers, as lists have them."""

    def __init__(self, *entries: dict[str, Any]) -> None:
        self.entries = entries

    def get(self, path: str, **query: Any) -> Any:
        assert path == "/containers/json"
        return [entry for entry in self.entries if "Labels" in entry]

    def get_or_none(self, path: str) -> Any:
        name = path.split("/")[2]
        found = [entry for entry in self.entries if f"/{name}" in entry["Names"]]
        return {"Id": found[0]["Id"], "Name": f"/{name}"} if found else None


def found(labels: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {"Id": ID, "Name": "/web", "Config": {"Labels": labels}, "HostConfig": {}, "Mounts": []}
    return {**whole, **fields}


def checked(container: dict[str, Any], *entries: dict[str, Any], volumes: tuple[Any, ...] = ()) -> None:
    compose = SimpleNamespace(volumes=volumes, container_name=None)
    project: Any = SimpleNamespace(name="shop", volumes={"data": SimpleNamespace(name="shop_data")})
    engine: Any = Containers(*entries)
    check(project, SimpleNamespace(name="db", compose=compose), container, engine)  # type: ignore[arg-type]


def volume(name: str) -> dict[str, Any]:
    return {"Type": "volume", "Name": name, "Destination": "/data"}


@pytest.mark.parametrize(
    ("container", "entries", "message"),
    [
        (found({"phlo.project": "other", "phlo.service": "x"}), (), "belongs to the project other"),
        (
            found({"phlo.project": "other", "phlo.service": "x", "phlo.instance": "1", "phlo.adopted": "hand"}),
            (),
            "belongs to the project other",
        ),
        (found({"phlo.project": "c", "phlo.service": "x", "phlo.adopted": "compose"}), (), "belongs to the Compose"),
        (found({"com.docker.swarm.task.id": "x"}), (), "of phlo or of a cluster"),
        (found(), ({"Id": "2", "Names": ["/shop-db-1"], "Labels": {}},), "has the container shop-db-1 already"),
        (found(), ({"Id": "2", "Names": ["/shop-db-1"]},), "another container is named shop-db-1"),
        (found(HostConfig={"AutoRemove": True}), (), "--rm"),
        (found(Mounts=[volume("pgdata")]), (), r"volume pgdata at /data, where the service has nothing"),
    ],
)
def test_a_container_that_cannot_become_the_services_is_refused(
    container: dict[str, Any], entries: tuple[dict[str, Any], ...], message: str
) -> None:
    with pytest.raises(OperationError, match=message):
        checked(container, *entries)


def test_a_volume_with_another_name_is_refused_with_what_names_it() -> None:
    with pytest.raises(OperationError, match=r"where the service has the volume shop_data") as refused:
        checked(found(Mounts=[volume("pgdata")]), volumes=(MOUNTED,))
    assert "`volumes: {data: {name: pgdata, external: true}}`" in str(refused.value)


def test_what_belongs_to_nobody_or_is_adopted_for_this_service_already_is_accepted() -> None:
    kept = {"Id": "2", "Names": ["/shop-db-1.phlo-before-x"], "Labels": {}}
    own = {"Id": ID, "Names": ["/shop-db-1"], "Labels": {}}
    checked(found(Mounts=[volume("shop_data"), volume("a" * 64)]), kept, volumes=(MOUNTED,))
    checked(found({"phlo.project": "shop", "phlo.service": "db", "phlo.adopted": "hand"}), own)
