"""Tasks of packages say where a program runs: `exec` in the container, `command` on the control machine.

In a role of a service `command` without a place would run in the container, where the paths of the person who runs an
action do not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FILES = sorted([*ROOT.glob("packages/*/src/*/tasks/*.yaml"), *ROOT.glob("packages/*/src/*/handlers/*.yaml")])
RUN_PROGRAMS = {"command", "shell", "script"}
PLACES = {"delegate_to", "connection"}


def tasks_in(entries: Any) -> Iterator[Mapping[str, Any]]:
    """Every task, those of blocks among them."""
    for task in entries:
        yield task
        for key in ("block", "rescue", "always"):
            yield from tasks_in(task.get(key, ()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_task_that_runs_a_program_says_where(path: Path) -> None:
    data = yaml.safe_load(path.read_text())
    tasks = list(tasks_in(data["tasks"] if isinstance(data, dict) else data))
    assert tasks
    assert [task for task in tasks if RUN_PROGRAMS & task.keys() and not PLACES & task.keys()] == []
