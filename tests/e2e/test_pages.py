"""The commands of the documentation, as they stand there, in a project that a page asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from phlo.testing.images import tiny_image
from tests.e2e.conftest import open_local
from tests.support.pages import Run, read_page, runs


@pytest.fixture(scope="module")
def tiny() -> str:
    with open_local() as engine:
        return tiny_image(engine)


@pytest.mark.parametrize("run", runs("here"), ids=lambda run: run.id)
def test_a_page_does_what_it_says(run: Run, tmp_path: Path, tiny: str) -> None:
    read_page(run, tmp_path, {"TINY": tiny})
