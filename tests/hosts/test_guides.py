"""The commands that guides show for several hosts, run as they stand there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hosts.bed import Bed
from tests.support.pages import Run, read_page, runs


@pytest.mark.parametrize("run", runs("hosts"), ids=lambda run: run.id)
def test_a_guide_about_hosts_does_what_it_says(run: Run, bed: Bed, tmp_path: Path, tiny: str) -> None:
    read_page(run, tmp_path, {"TINY": tiny, **bed.shell})
