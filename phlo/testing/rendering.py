"""What a role's templates become beside other services, without an engine: for images that cannot be had."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from phlo.config.resolve import resolve
from phlo.discovery.services import discover_services
from phlo.inventory import Inventory


def rendered_files(service: str, folder: Path, *, beside: Sequence[str] = (), **project: Any) -> dict[str, str]:
    """Path in the container -> text, of an installed service in a project of its own.

    folder: an empty one. beside: further services of the project. project: more keys of its phlo.yaml, such as `env`.
    """
    enabled = sorted({service, *beside})
    text = {"name": "rendered", **project, "services": {"defaults": False, "enabled": enabled}}
    (folder / "phlo.yaml").write_text(yaml.safe_dump(text))
    resolved = resolve(discover_services(), Inventory(), root=folder, environ={})
    return {file.path: file.data().decode() for file in resolved.services[service].files}
