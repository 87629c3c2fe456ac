"""phlo itself: the services of the workload as inline services of a project."""

from __future__ import annotations

import functools
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.fetch import first_line, output_of
from tests.bench.tools.compose import compose_service
from tests.bench.tools.tool import Remote, Tool
from tests.bench.tools.yaml_text import yaml_text
from tests.bench.workload import Workload
from tests.hosts.bed import Bed

NAME, TITLE = "phlo", "phlo"
_ROOT = Path(__file__).parents[3]


def find(command: str | None = None) -> Tool:
    """The `phlo` command given, else the running interpreter's, else the module of this repository.

    Raises Unavailable.
    """
    script = Path(command).absolute() if command else Path(sys.executable).with_name("phlo")
    is_module = not command and not script.exists()
    phlo = (sys.executable, "-m", "phlo") if is_module else (str(script),)
    others = tuple(_defaults(phlo))
    return Tool(
        name=NAME,
        title=TITLE,
        version=first_line([*phlo, "--version"], folder=_ROOT).removeprefix("phlo").strip(),
        files=functools.partial(files, others=others),
        remote=Remote(
            files=functools.partial(remote_files, others=others),
            up=(*phlo, "run", "up", "--inventory", "hosts.yaml"),
            down=(*phlo, "run", "down", "--inventory", "hosts.yaml"),
        ),
        others=others,
        up=(*phlo, "run", "up"),
        up_chain=(*phlo, "run", "up"),
        down=(*phlo, "run", "down"),
        help=(*phlo, "--help"),
        setting={"PYTHONPATH": str(_ROOT)} if is_module else {},
        remark=("as `python -m phlo`; " if is_module else "")
        + "returns when every health check has passed, and runs them itself too",
    )


def _defaults(phlo: Sequence[str]) -> list[str]:
    """The services that phlo would bring up besides the workload's: those of the packages that are installed."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "phlo.yaml").write_text("name: empty\n", encoding="utf-8")
        listed = json.loads(output_of([*phlo, "services", "list", "--json"], folder=Path(folder)))
    return sorted(entry["name"] for entry in listed)


def files(workload: Workload, *, others: Sequence[str] = ()) -> Mapping[str, str]:
    """phlo.yaml. others: services that are to stay away."""
    bodies = {service.name: compose_service(service, workload) for service in workload.services}
    return {"phlo.yaml": project_text(workload, bodies, others=others)}


def remote_files(workload: Workload, bed: Bed, *, others: Sequence[str] = ()) -> Mapping[str, str]:
    """phlo.yaml with every service on every host, and the inventory."""
    bodies = {service.name: {**compose_service(service, workload), "hosts": ["all"]} for service in workload.services}
    return {"phlo.yaml": project_text(workload, bodies, others=others), "hosts.yaml": bed.inventory.read_text()}


def project_text(workload: Workload, bodies: Mapping[str, Mapping[str, Any]], *, others: Sequence[str]) -> str:
    """A phlo.yaml of inline services with these bodies."""
    services = {name: {"type": "inline", **body} for name, body in bodies.items()}
    document = {
        "name": workload.project,
        "services": {**({"disabled": list(others)} if others else {}), **services},
        "volumes": {service.volume: {} for service in workload.services},
    }
    return yaml_text(document)
