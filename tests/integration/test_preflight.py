"""Nothing that runs is stopped when something that is to start cannot start; and ports move within a project."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from phlo.hosts.engine import Engine
from tests.integration.conftest import Phlo

PROJECT = """
name: {name}
services:
  defaults: false
  db:
    type: inline
    image: phlo/test-busybox:1
    stop_grace_period: 1s
    {db}
  web:
    type: inline
    image: phlo/test-busybox:1
    stop_grace_period: 1s
    {web}
"""


class Stack:
    def __init__(self, folder: Path, engine: Engine, project: str, phlo: Phlo) -> None:
        self.folder, self.engine, self.project, self.phlo = folder, engine, project, phlo

    def write(self, db: str = "environment: {VERSION: a}", web: str = "init: true") -> None:
        (self.folder / "phlo.yaml").write_text(PROJECT.format(name=self.project, db=db, web=web))

    def running(self) -> dict[str, tuple[str, str]]:
        """Service -> id and start of its container."""
        found = {}
        for name in ("db", "web"):
            one = self.engine.get_or_none(f"/containers/{self.project}-{name}-1/json")
            if one and one["State"]["Running"]:
                found[name] = one["Id"], one["State"]["StartedAt"]
        return found


@pytest.fixture
def folder(tmp_path: Path, tiny: str) -> Path:
    return tmp_path


@pytest.fixture
def stack(folder: Path, engine: Engine, project: str, phlo: Phlo) -> Stack:
    return Stack(folder, engine, project, phlo)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def test_a_port_that_a_program_holds_stops_nothing(stack: Stack) -> None:
    stack.write()
    stack.phlo("up")
    before = stack.running()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        stack.write(db="environment: {VERSION: b}", web=f'ports: ["127.0.0.1:{port}:80"]')
        assert f"127.0.0.1:{port}/tcp is taken by another program" in stack.phlo("plan").stdout
        done = stack.phlo("up", code=1)
        assert f"127.0.0.1:{port}/tcp is taken by another program" in done.stderr
        assert "left as it is: not everything can start on its host" in done.stderr
        assert stack.running() == before
    stack.phlo("up")
    assert set(stack.running()) == {"db", "web"}


def test_a_port_of_a_foreign_container_and_a_missing_folder_are_told_together(
    stack: Stack, engine: Engine, tiny: str
) -> None:
    port, name = free_port(), f"{stack.project}-foreign"
    published = {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": str(port)}]}}
    body = {"Image": tiny, "ExposedPorts": {"80/tcp": {}}, "HostConfig": published}
    made = engine.post("/containers/create", body, name=name)["Id"]
    try:
        engine.post(f"/containers/{made}/start")
        stack.write()
        stack.phlo("up")
        before = stack.running()
        missing = "volumes: [{type: bind, source: ./nowhere, target: /data, bind: {create_host_path: false}}]"
        stack.write(db=f"environment: {{VERSION: b}}\n    {missing}", web=f'ports: ["{port}:80"]')
        text = stack.phlo("up", code=1).stderr
        assert f"is taken by the container {name} outside of this project" in text
        assert f"{stack.folder}/nowhere, which it mounts, is not on the host" in text
        assert stack.running() == before
    finally:
        engine.delete(f"/containers/{made}", force=True)


def test_a_name_that_somebody_else_has_stops_nothing(stack: Stack, engine: Engine, tiny: str) -> None:
    stack.write()
    stack.phlo("up")
    before = stack.running()
    made = engine.post("/containers/create", {"Image": tiny}, name=f"{stack.project}-taken")["Id"]
    try:
        stack.write(db="environment: {VERSION: b}", web=f"container_name: {stack.project}-taken")
        assert "is taken by a container that phlo did not make" in stack.phlo("up", code=1).stderr
        assert stack.running() == before
    finally:
        engine.delete(f"/containers/{made}", force=True)


def test_ports_are_exchanged_between_two_services(stack: Stack) -> None:
    one, other = (f'ports: ["127.0.0.1:{free_port()}:80"]' for _ in range(2))
    stack.write(db=one, web=other)
    stack.phlo("up")
    before = stack.running()
    stack.write(db=other, web=one)
    stack.phlo("up")
    after = stack.running()
    assert {name: after[name][0] != before[name][0] for name in before} == {"db": True, "web": True}
    assert "Nothing to do" in stack.phlo("up").stderr


def test_the_containers_of_a_project_are_no_obstacle_to_itself(stack: Stack) -> None:
    ports = f'ports: ["127.0.0.1:{free_port()}:80"]'
    stack.write(web=ports)
    stack.phlo("up")
    stack.write(web=f"{ports}\n    environment: {{COLOUR: red}}")
    stack.phlo("up")
    stack.write(db=ports)
    stack.phlo("up")
    assert "Nothing to do" in stack.phlo("up").stderr
