"""The first files of a new project, which the packages of its services bring: a small pipeline, for example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phlo.discovery.definition import ServiceDefinition


def starter_files(root: Path, definitions: Mapping[str, ServiceDefinition], names: Iterable[str]) -> dict[str, bytes]:
    """Path in the project -> content, of every `starter_files` entry whose capabilities the services `names` provide.

    An entry is left out if its destination exists in the project's folder `root`.
    """
    services = [definitions[name] for name in names]
    provided = {capability for service in services for capability in service.provides}
    found: dict[str, bytes] = {}
    for service in services:
        for entry in service.starter_files:
            if provided.issuperset(entry.capabilities) and not (root / entry.dest).exists():
                found.update(_files(service.root / entry.source, entry.dest))
    return found


def _files(source: Path, dest: str) -> Iterator[tuple[str, bytes]]:
    if source.is_file():
        yield dest, source.read_bytes()
        return
    for path in sorted(source.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{dest}/{path.relative_to(source).as_posix()}", path.read_bytes()
