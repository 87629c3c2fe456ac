"""Services that use the namespaces or volumes of another one follow it, anyone who restarts it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phlo.hosts.engine import Engine
from tests.integration.conftest import Phlo

PROJECT = """
name: {name}
services:
  defaults: false
  owner: {{type: inline, image: phlo/test-busybox:1, environment: {{VERSION: "1"}}, stop_grace_period: 1s}}
  side:
    type: inline
    image: phlo/test-busybox:1
    stop_grace_period: 1s
    {shares}
"""
NETWORK = "network_mode: service:owner"


class Pair:
    def __init__(self, folder: Path, engine: Engine, project: str, phlo: Phlo) -> None:
        self.folder, self.engine, self.project, self.phlo = folder, engine, project, phlo

    def up(self, shares: str = NETWORK) -> None:
        (self.folder / "phlo.yaml").write_text(PROJECT.format(name=self.project, shares=shares))
        self.phlo("up")

    def inspect(self, service: str) -> dict[str, Any]:
        return dict(self.engine.get(f"/containers/{self.project}-{service}-1/json"))

    def namespace(self, service: str, kind: str = "net") -> str:
        """The namespace that a container's first process is in."""
        return str(Path(f"/proc/{self.inspect(service)['State']['Pid']}/ns/{kind}").readlink())

    def are_together(self, kind: str = "net") -> bool:
        return self.namespace("owner", kind) == self.namespace("side", kind)

    def edit(self) -> None:
        path = self.folder / "phlo.yaml"
        path.write_text(path.read_text().replace('"1"', '"2"'))


@pytest.fixture
def folder(tmp_path: Path, tiny: str) -> Path:
    return tmp_path


@pytest.fixture
def pair(folder: Path, engine: Engine, project: str, phlo: Phlo) -> Pair:
    return Pair(folder, engine, project, phlo)


KINDS = [(NETWORK, "net"), ("ipc: service:owner", "ipc"), ("pid: service:owner", "pid")]


def owner_is_shareable(pair: Pair) -> None:
    path = pair.folder / "phlo.yaml"
    path.write_text(path.read_text().replace("environment: {VERSION", "ipc: shareable, environment: {VERSION"))


@pytest.mark.parametrize(("shares", "kind"), KINDS)
def test_who_shares_a_namespace_follows_a_new_version_of_its_owner(shares: str, kind: str, pair: Pair) -> None:
    (pair.folder / "phlo.yaml").write_text(PROJECT.format(name=pair.project, shares=shares))
    owner_is_shareable(pair)
    pair.phlo("up")
    pair.edit()
    shown = pair.phlo("plan").stdout
    assert "is to be recreated" in shown
    assert "changed by hand" not in shown
    done = pair.phlo("up").stderr
    assert "was recreated" in done
    assert "changed by hand" not in done
    assert pair.are_together(kind)
    assert "Nothing to do" in pair.phlo("up").stderr


def by_phlo(pair: Pair) -> None:
    pair.phlo("restart", "owner")


def by_hand(pair: Pair) -> None:
    pair.engine.post(f"/containers/{pair.project}-owner-1/restart", t=1)


def by_a_crash(pair: Pair) -> None:
    started = pair.inspect("owner")["State"]["StartedAt"]
    pair.engine.post(f"/containers/{pair.project}-owner-1/kill")
    pair.engine.post(f"/containers/{pair.project}-owner-1/start")
    assert pair.inspect("owner")["State"]["StartedAt"] != started


@pytest.mark.parametrize("restart", [by_phlo, by_hand, by_a_crash])
def test_who_shares_a_network_follows_a_restart_of_its_owner(restart: Callable[[Pair], None], pair: Pair) -> None:
    pair.up()
    pair.phlo("up")  # leaves a cache entry that must not hide the restart
    before = pair.inspect("side")["Id"]
    restart(pair)
    if restart is not by_phlo:
        assert not pair.are_together()
        assert "was restarted" in pair.phlo("up").stderr
    assert pair.are_together()
    assert pair.inspect("side")["Id"] == before
    assert "Nothing to do" in pair.phlo("up").stderr


def test_a_depends_on_of_its_own_does_not_keep_it_from_following(pair: Pair) -> None:
    pair.up(f"{NETWORK}\n    depends_on: [owner]")
    pair.phlo("restart", "owner")
    assert pair.are_together()


def test_when_the_owner_s_new_version_fails_the_others_work_with_the_old_one(pair: Pair) -> None:
    pair.up()
    path = pair.folder / "phlo.yaml"
    path.write_text(path.read_text().replace('environment: {VERSION: "1"}', 'one_shot: false, command: ["false"]'))
    pair.phlo("up", code=5)
    path.write_text(PROJECT.format(name=pair.project, shares=NETWORK))
    pair.phlo("up")
    assert pair.are_together()
    assert "Nothing to do" in pair.phlo("up").stderr


def test_who_uses_the_volumes_of_another_service_gets_those_of_its_new_version(pair: Pair) -> None:
    pair.up("volumes_from: [owner]")
    path = pair.folder / "phlo.yaml"
    path.write_text(path.read_text().replace("environment: {VERSION", 'volumes: ["/more"], environment: {VERSION'))
    assert "whose volumes it uses, was recreated" in pair.phlo("up").stderr
    assert "/more" in [mount["Destination"] for mount in pair.inspect("side")["Mounts"]]
    assert "Nothing to do" in pair.phlo("up").stderr


def test_the_network_of_a_container_outside_of_the_project_is_followed(pair: Pair, engine: Engine, tiny: str) -> None:
    name = f"{pair.project}-outside"
    body = {"Image": tiny, "StopTimeout": 1}
    made = [engine.post("/containers/create", body, name=name)["Id"]]
    try:
        engine.post(f"/containers/{name}/start")
        pair.up(f"network_mode: container:{name}")
        engine.delete(f"/containers/{made.pop()}", force=True)
        made.append(engine.post("/containers/create", body, name=name)["Id"])
        engine.post(f"/containers/{name}/start")
        assert "was recreated" in pair.phlo("up").stderr
        assert pair.inspect("side")["HostConfig"]["NetworkMode"] == f"container:{made[0]}"
        assert "Nothing to do" in pair.phlo("up").stderr
    finally:
        engine.delete(f"/containers/{made[0]}", force=True)
