"""What bounds the tools from below: a process that does nothing, and the least that a no-op has to ask an engine."""

from __future__ import annotations

import json
import sys
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from tests.bench.workload import LABEL_PROJECT

_ASK = str(Path(__file__).with_name("ask.py"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruler:
    """A command to compare with. needs_containers: it is measured beside the no-op, else beside `--help`."""

    name: str
    title: str
    command: tuple[str, ...]
    needs_containers: bool


def rulers(address: str = "", project: str = "") -> tuple[Ruler, ...]:
    """All rulers, for the engine at `address` (unix://...) and the containers of one project."""
    filters = urllib.parse.quote(json.dumps({"label": [f"{LABEL_PROJECT}={project}"]}))
    ask = (
        sys.executable,
        "-I",
        "-S",
        _ASK,
        address.removeprefix("unix://"),
        f"/containers/json?all=1&filters={filters}",
    )
    return (
        Ruler(name="python", title="`python -c pass`", command=(sys.executable, "-c", "pass"), needs_containers=False),
        Ruler(name="docker-ps", title="`docker ps`", command=("docker", "ps"), needs_containers=True),
        Ruler(name="list", title="list, bare Python", command=ask, needs_containers=True),
        Ruler(
            name="inspect", title="list and inspect each, bare Python", command=(*ask, "inspect"), needs_containers=True
        ),
    )
