"""What the engine lists, read as a project's containers."""

from __future__ import annotations

from typing import Any

import pytest

from phlo.hosts.live import LivePort, live_containers


class Listing:
    """An engine that lists these containers and nothing else."""

    def __init__(self, *entries: dict[str, Any]) -> None:
        self.entries = entries

    def get(self, path: str, **query: Any) -> Any:
        assert path == "/containers/json"
        assert query["filters"] == {"label": ["phlo.project=lake"]}
        return list(self.entries)


def entry(service: str = "web", **rest: Any) -> dict[str, Any]:
    labels = {"phlo.service": service, "phlo.instance": "1", **rest.pop("labels", {})}
    return {
        "Id": "abc",
        "Names": [f"/lake-{service}-1"],
        "State": "running",
        "Status": "Up 2 minutes",
        "Image": "x",
        "Labels": labels,
        **rest,
    }


@pytest.mark.parametrize(
    ("state", "status", "health", "code", "since"),
    [
        ("running", "Up 3 minutes", None, None, "Up 3 minutes"),
        ("running", "Up 3 minutes (healthy)", "healthy", None, "Up 3 minutes"),
        ("running", "Up 1 second (health: starting)", "starting", None, "Up 1 second"),
        ("running", "Up 3 hours (unhealthy)", "unhealthy", None, "Up 3 hours"),
        ("exited", "Exited (137) 2 hours ago", None, 137, "2 hours ago"),
        ("created", "Created", None, None, "Created"),
        ("restarting", "Restarting (1) 4 seconds ago", None, None, "Restarting 4 seconds ago"),
    ],
)
def test_health_and_exit_code_are_read_from_the_status(
    state: str, status: str, health: str | None, code: int | None, since: str
) -> None:
    engine: Any = Listing(entry(State=state, Status=status))
    [found] = live_containers(engine, "lake", host="local")
    assert (found.state, found.health, found.exit_code, found.since) == (state, health, code, since)


def test_a_port_on_both_address_families_counts_once() -> None:
    ports = [
        {"PrivatePort": 80, "PublicPort": 8080, "Type": "tcp", "IP": "0.0.0.0"},
        {"PrivatePort": 80, "PublicPort": 8080, "Type": "tcp", "IP": "::"},
        {"PrivatePort": 81, "PublicPort": 8081, "Type": "tcp", "IP": "127.0.0.1"},
        {"PrivatePort": 82, "Type": "tcp"},
    ]
    engine: Any = Listing(entry(Ports=ports))
    [found] = live_containers(engine, "lake", host="local")
    assert found.ports == (LivePort(published=8080, target=80), LivePort(published=8081, target=81, ip="127.0.0.1"))


def test_containers_come_by_service_and_instance() -> None:
    engine: Any = Listing(
        entry("web", labels={"phlo.instance": "10"}), entry("web", labels={"phlo.instance": "2"}), entry("db")
    )
    found = live_containers(engine, "lake", host="local")
    assert [(one.service, one.instance) for one in found] == [("db", 1), ("web", 2), ("web", 10)]
    assert [one.service for one in live_containers(engine, "lake", host="local", services=["db"])] == ["db"]
