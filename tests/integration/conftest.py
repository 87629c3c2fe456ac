"""A real Docker engine, a tiny image, and a project name whose things are removed afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from phlo.hosts.connect import open_engine
from phlo.hosts.engine import Engine
from phlo.hosts.host import Host
from phlo.image_source import ImageSource
from phlo.images.base import ensure_base
from phlo.images.registries import Registries
from phlo.operations import container
from phlo.testing.images import tiny_image
from tests.support.machine import Machine, machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "integration" in item.path.parts:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    engine = open_engine(None, name="local", environ=os.environ)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def tiny(engine: Engine) -> str:
    """The reference of a two-megabyte image with busybox in it."""
    return tiny_image(engine)


@pytest.fixture(scope="session")
def debian(engine: Engine) -> Iterator[Machine]:
    """A host with nothing but a Debian system: a container of the base image."""
    image = ensure_base("trixie", Host(name="local", engine=engine), registries=Registries(), environ=os.environ)
    with machine(engine, image) as found:
        yield found


@pytest.fixture
def host(engine: Engine) -> Host:
    return Host(name="local", engine=engine)


@pytest.fixture
def project(engine: Engine) -> Iterator[str]:
    """A project name nobody else has; what carries it is removed afterwards."""
    name = f"phlo-test-{uuid.uuid4().hex[:8]}"
    yield name
    remove_project(engine, name)


def remove_project(engine: Engine, name: str) -> None:
    mine: Any = {"label": [f"phlo.project={name}"]}
    for found in engine.get("/containers/json", all=True, filters=mine):
        engine.delete(f"/containers/{found['Id']}", force=True, v=True)
    for network in engine.get("/networks", filters=mine):
        engine.delete(f"/networks/{network['Id']}")
    for volume in engine.get("/volumes", filters=mine)["Volumes"] or ():
        engine.delete(f"/volumes/{volume['Name']}")


MakeArgs = Callable[..., container.Args]

# PID 1 gets no default signal handlers; this one ends at once when told to.
STAY = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait; done"]


@pytest.fixture
def service(project: str, tiny: str) -> MakeArgs:
    """Makes the arguments of a container operation: a service that stays, but for what is given."""

    def make(name: str = "web", body: dict[str, Any] | None = None, **fields: Any) -> container.Args:
        args = container.Args(
            project=project,
            service=name,
            instance=1,
            name=f"{project}-{name}-1",
            image=ImageSource(reference=tiny),
            body={"Cmd": STAY, "StopTimeout": 1, **(body or {})},
        )
        return replace(args, **fields)

    return make


Phlo = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def phlo(folder: Path) -> Phlo:
    """Runs phlo in the project's folder; the exit code must be as said."""

    def call(*words: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "phlo", *words],
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1", **environment},
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return call
