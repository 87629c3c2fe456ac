"""Three Docker hosts behind SSH servers, and a project placed on them."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from phlo.hosts.connect import open_engine
from phlo.testing.images import tiny_image
from tests.hosts.bed import Bed, own_bed
from tests.support.beside import BUILD_SECONDS

Phlo = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "hosts" in item.path.parts and "unit" not in item.path.parts:
            item.add_marker(pytest.mark.hosts)
            item.add_marker(pytest.mark.timeout(BUILD_SECONDS))


@pytest.fixture(scope="session")
def bed() -> Iterator[Bed]:
    with own_bed(count=3) as bed:
        yield bed


@pytest.fixture(scope="session")
def tiny() -> str:
    """The tiny test image, which only this machine has at first."""
    with closing(open_engine(None, name="local", environ=os.environ)) as engine:
        return tiny_image(engine)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def project() -> str:
    return f"hosts-{uuid.uuid4().hex[:6]}"


@pytest.fixture
def phlo(bed: Bed, folder: Path, project: str) -> Iterator[Phlo]:
    """Runs phlo in the folder, with the bed's inventory; the exit code must be as said."""

    def call(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        verb, *rest = words
        done = subprocess.run(
            [sys.executable, "-m", "phlo", *verb.split(), "-i", str(bed.inventory), *rest],
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=180,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    yield call
    if (folder / "phlo.yaml").exists():
        call("down", "--volumes", "--yes")
