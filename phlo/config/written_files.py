"""Files of the project as they are once phlo has written those of its roles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from phlo.bounded import read_configuration
from phlo.config.candidates import STATE_FOLDER
from phlo.discovery.definition import ServiceDefinition


def reader(
    root: Path, definitions: Iterable[ServiceDefinition], note: Callable[[Path], None]
) -> Callable[[Path], bytes]:
    """What reads a file of the project: as one of the roles will write it, else as it is. May raise OSError.

    root: the project's folder. definitions: the roles, the one that counts most first. note: called with a role's file.
    """
    roles = tuple(definitions)

    def read(path: Path) -> bytes:
        for definition in roles:
            if source := _source(definition, root / STATE_FOLDER, path):
                note(source)
                return read_configuration(source)
        return read_configuration(path)

    return read


def _source(definition: ServiceDefinition, folder: Path, path: Path) -> Path | None:
    """The file of a role that its `files` put at a path, None when they put nothing there."""
    for entry in definition.files:
        source, target = definition.root / entry.source, folder / entry.dest
        if source.is_file():
            found, is_written = source, path == (target / source.name if entry.dest.endswith("/") else target)
        else:
            found = source / path.relative_to(target) if path.is_relative_to(target) else source
            is_written = found.is_file()
        if is_written:
            return found
    return None
