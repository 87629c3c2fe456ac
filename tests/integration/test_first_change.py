"""What a run saw before it took the deploy lock is compared with what is there once the lock is held."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from phlo.discovery import ServiceDiscovery
from phlo.hosts.engine import Engine
from phlo.hosts.lock import acquire, claim_for, release
from phlo.hosts.snapshot import Snapshot
from tests.support.running import ended, start

PROJECT = """
name: {name}
services:
  web:
    type: inline
    image: phlo/test-busybox:1
    command: [sh, -c, "trap exit TERM; while :; do sleep 1 & wait; done"]
    stop_grace_period: 1s
    environment: {{REVISION: "{revision}"}}
  other:
    type: inline
    image: phlo/test-busybox:1
    command: [sh, -c, "trap exit TERM; while :; do sleep 1 & wait; done"]
    stop_grace_period: 1s
    healthcheck: {{test: ["CMD", "true"], interval: 1s}}
"""


def write(folder: Path, project: str, *, revision: int) -> None:
    installed = [service.name for service in ServiceDiscovery().get_default_services()]
    switched_off = "".join(f"  {name}: {{enabled: false}}\n" for name in installed)
    (folder / "phlo.yaml").write_text(PROJECT.format(name=project, revision=revision) + switched_off)


@pytest.fixture
def folder(tmp_path: Path, project: str, tiny: str) -> Path:
    write(tmp_path, project, revision=1)
    ended(start(tmp_path, "up"))
    return tmp_path


@pytest.fixture
def lock(engine: Engine, project: str) -> Iterator[str]:
    identity = acquire(engine, project, claim_for("phlo up"), host="local", wait_seconds=0, tell=print)
    assert identity is not None
    yield identity
    release(engine, identity)


def restart_policy(engine: Engine, container: str) -> str:
    policy: str = engine.get(f"/containers/{container}/json")["HostConfig"]["RestartPolicy"]["Name"]
    return policy


def health(engine: Engine, container: str) -> dict[str, Any]:
    found: dict[str, Any] = engine.get(f"/containers/{container}/json")["State"]["Health"]
    return found


def test_what_the_holder_of_the_lock_changed_is_repaired_by_the_run_that_waited(
    folder: Path, engine: Engine, project: str, lock: str
) -> None:
    other = f"{project}-other-1"
    write(folder, project, revision=2)
    run = start(folder, "up", "--lock-timeout", "60", "--output", "json")
    assert run.stdout is not None
    assert "waiting for the deploy lock" in next(iter(run.stdout))  # it has looked at `other` by now

    engine.post(f"/containers/{other}/update", {"RestartPolicy": {"Name": "on-failure"}})
    release(engine, lock)

    text = ended(run)
    assert restart_policy(engine, other) in ("", "no")  # repaired
    assert text.count('"run_started"') == 1  # the first attempt is not shown


def test_healthy_containers_hold_still_and_an_update_in_place_is_noticed(
    folder: Path, engine: Engine, project: str
) -> None:
    other = f"{project}-other-1"
    while health(engine, other)["Status"] != "healthy":  # phlo knows earlier, from its own run of the check
        time.sleep(0.1)
    snapshots = [Snapshot(engine, is_recorded=True) for _ in range(2)]
    for snapshot in snapshots:
        snapshot.get("/containers/json", all=True)
        snapshot.get(f"/containers/{other}/json")
    probes = health(engine, other)["Log"]
    while health(engine, other)["Log"] == probes:
        time.sleep(0.1)  # until the engine has run the health check once more

    assert snapshots[0].still_holds(project)
    engine.post(f"/containers/{other}/update", {"RestartPolicy": {"Name": "on-failure"}})
    assert not snapshots[1].still_holds(project)
