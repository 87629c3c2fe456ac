"""What another phlo needs to see a project as this one does: for services that look after the project themselves.

Templates know it as `phlo_installed` and `phlo_control`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from phlo.bounded import read_file
from phlo.config.layers import COMMAND_LINE, PROCESS, ROLE_DEFAULTS, SECRET_SOURCES, Candidate, Variables
from phlo.discovery.distributions import Distribution, installed_distributions, package_folder
from phlo.discovery.folders import builtin_roles_folder, registry_folder
from phlo.values import Secret, Source, reveal

ROOT_VARIABLE = "PHLO_PROJECT_ROOT"
OWNER_VARIABLE = "PHLO_PROJECT_OWNER"

_GROUPS = "phlo."
_GIVEN = (SECRET_SOURCES, PROCESS, COMMAND_LINE)
# What tools leave behind differs from machine to machine, and may be large.
_LEFTOVERS = frozenset({"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", "node_modules", ".tanstack"})
# The first moment that a ZIP archive can tell.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)

_PLAIN, _EXECUTABLE = 0o100644, 0o100755
# Name, content and mode.
_File = tuple[str, bytes, int]


def project_variables(root: Path) -> Iterator[Candidate]:
    """Variables that every project has: where its folder is, and whose (`UID:GID`)."""
    found, source = root.stat(), Source(layer=ROLE_DEFAULTS, path="phlo")
    yield Candidate(name=ROOT_VARIABLE, text=str(root), source=source, is_literal=True)
    yield Candidate(name=OWNER_VARIABLE, text=f"{found.st_uid}:{found.st_gid}", source=source)


def installed_archive() -> str:
    """phlo and every installed distribution that adds to it, as a ZIP archive in base64 to put on `sys.path`.

    It is the same, byte for byte, for the same files: nothing is compressed, sorted by name, without times, and with no
    more of a file's mode than whether it can be executed, as images are made of it.
    """
    import base64
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content, mode in sorted(_files(), key=lambda entry: entry[0]):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return base64.b64encode(buffer.getvalue()).decode()


def control_data(project: str, variables: Variables, bases: Mapping[str, Any]) -> Secret:
    """The rest of it, as JSON: the project's name, this machine's part in images, and the variables that are in no
    file of the project: those of the process environment, the command line and secret sources.
    """
    import json

    data: dict[str, Any] = {
        "project": project,
        "home": os.path.expanduser("~"),
        "variables": dict(_given(variables)),
        "bases": bases,
    }
    return Secret(json.dumps(data, sort_keys=True))


def _given(variables: Variables) -> Iterator[tuple[str, str]]:
    for name in sorted({*variables.names, *variables.environment_read}):
        value = variables.known_value(name)
        if value is not None and value.source.layer in _GIVEN and (value.text or not isinstance(value.text, Secret)):
            yield name, reveal(value.text)


def _files() -> Iterator[_File]:
    import phlo

    yield from _below(Path(phlo.__file__).parent, "phlo", without=("_roles", "_registry"))
    for name, folder in (("_roles", builtin_roles_folder()), ("_registry", registry_folder())):
        if folder is not None:
            yield from _below(folder, f"phlo/{name}")
    packages: set[str] = set()
    for distribution in installed_distributions():
        groups = {group: entries for group, entries in distribution.groups.items() if group.startswith(_GROUPS)}
        if not groups:
            continue
        yield from _metadata(distribution)
        targets = [target for entries in groups.values() for target in entries.values()]
        for package in sorted({target.partition(":")[0].partition(".")[0] for target in targets} - packages):
            packages.add(package)
            found = package_folder(package, distribution)
            if found is not None:
                yield from _below(found, package)


def _metadata(distribution: Distribution) -> Iterator[_File]:
    """As much of a distribution's metadata as discovery reads."""
    folder = f"{distribution.name.replace('-', '_')}-{distribution.version}.dist-info"
    headers = {"Name": distribution.name, "Version": distribution.version, "Summary": distribution.summary}
    yield f"{folder}/METADATA", "".join(f"{name}: {text}\n" for name, text in headers.items()).encode(), _PLAIN
    lines = []
    for group, entries in sorted(distribution.groups.items()):
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in sorted(entries.items())), ""]
    yield f"{folder}/entry_points.txt", "\n".join(lines).encode(), _PLAIN


def _below(folder: Path, name: str, without: Iterable[str] = ()) -> Iterator[_File]:
    for entry in os.scandir(folder):
        if entry.name in _LEFTOVERS or entry.name in without:
            continue
        if entry.is_dir():
            yield from _below(Path(entry.path), f"{name}/{entry.name}")
        elif entry.is_file():
            mode = _EXECUTABLE if entry.stat().st_mode & 0o100 else _PLAIN
            yield f"{name}/{entry.name}", read_file(Path(entry.path)), mode
