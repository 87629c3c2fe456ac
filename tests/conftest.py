"""What tests of several folders share: a clone of this repository, and the example platforms."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.once import made_once

if TYPE_CHECKING:
    from tests.support.platform import Platforms

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this repository: a checkout's `.git` may be a file that leads elsewhere."""

    def clone(folder: Path) -> None:
        argv = ["git", "clone", "--quiet", f"file://{ROOT}", str(folder / "phlo")]
        subprocess.run(argv, check=True, capture_output=True)

    return made_once(tmp_path_factory, "repository", clone) / "phlo"


@pytest.fixture(scope="session")
def examples(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platforms]:
    """The example platforms, one at a time."""
    from tests.support.platform import platforms

    with platforms(tmp_path_factory.mktemp("examples"), repository) as running:
        yield running
