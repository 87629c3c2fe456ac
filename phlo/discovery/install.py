"""Install an offering of the registry: from this repository's own packages, or from an index the user names.

Public indexes hold other people's distributions under the same names, so a bare name is never looked up in an index
that was not chosen for phlo.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

from phlo.bounded import last_lines
from phlo.discovery.distributions import normalized
from phlo.discovery.folders import workspace_folder
from phlo.discovery.registry import RegistryEntry, load_registry, registry_entry
from phlo.errors import ConfigError, PackageError
from phlo.frozen import dataclass
from phlo.programs import run_program

INDEX_VARIABLE = "PHLO_INDEX_URL"

_INSTALLER_INDEX = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX")
_FURTHER_INDEXES = ("PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_INDEX_URL")
_REQUIREMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallCommand:
    """A command that installs an offering.

    environment: set for it; an index's address is there and not in `argv`, for it may hold a password.
    unset:       variables it must not see: they would add further indexes.
    source:      where the offering comes from, for the user.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    unset: tuple[str, ...]
    source: str


def install_command(
    name: str,
    *,
    index_url: str | None = None,
    environ: Mapping[str, str] = os.environ,
    workspace: Path | None = None,
    registry: Path | None = None,
    installer: Sequence[str] | None = None,
) -> InstallCommand:
    """How the offering called `name` is installed; nothing is run.

    index_url: a package index chosen for phlo; None: the variable PHLO_INDEX_URL. With one it is used even in a
               checkout of phlo.
    workspace: a checkout of phlo, None: the one that phlo runs from, if it does.
    installer: the start of the command, None: pip, or uv where there is no pip.
    Raises ConfigError when there is no package of it yet, or nowhere to take it from.
    """
    entry = registry_entry(name, folder=registry)
    if not entry.is_available:
        ready = ", ".join(other.name for other in load_registry(registry) if other.is_available)
        raise ConfigError(f"{entry.name} is planned, there is no package of it yet", fix=f"Available: {ready}.")
    start = tuple(installer or _installer())
    index_url = index_url or environ.get(INDEX_VARIABLE)
    if index_url:
        return InstallCommand(
            argv=(*start, entry.name),
            environment=dict.fromkeys(_INSTALLER_INDEX, index_url),
            unset=_FURTHER_INDEXES,
            source="the index of phlo",
        )
    workspace = workspace or workspace_folder()
    if workspace and (workspace / "packages" / entry.name).is_dir():
        argv = (*start, *_workspace_arguments(entry, workspace))
        return InstallCommand(argv=argv, environment={}, unset=(), source=str(workspace))
    raise ConfigError(
        f"there is no index to install {entry.name} from",
        fix=f"Name the index that has phlo's packages with --index-url or {INDEX_VARIABLE}; a public one has others' "
        "packages under these names.",
    )


def install(name: str, **options: Any) -> InstallCommand:
    """Install the offering called `name` into the Python environment that runs phlo.

    options: as for `install_command`, whose result this returns.
    Raises PackageError with the installer's last lines when it fails.
    """
    command = install_command(name, **options)
    done = run_program(command.argv, more=command.environment, without=command.unset)
    if done.code:
        lines = last_lines(done.stderr.text() or done.stdout.text(), 10)
        what = f"could not be installed: `{' '.join(command.argv)}` ended with {done.code}"
        raise PackageError(what, where=registry_entry(name, folder=options.get("registry")).name, detail=lines)
    return command


def _installer() -> tuple[str, ...]:
    if find_spec("pip"):
        return (sys.executable, "-m", "pip", "install")
    uv = which("uv")
    if uv:
        return (uv, "pip", "install", "--python", sys.executable)
    raise PackageError(f"there is neither pip nor uv for {sys.executable}", fix="Install pip into this environment.")


def _workspace_arguments(entry: RegistryEntry, workspace: Path) -> list[str]:
    """The folders to install: the package and those of the repository that it needs.

    All of ours are named by their folder, so that no index is asked for them; phlo itself only where others' packages
    are needed too, as then the installer looks at every dependency.
    """
    folders: dict[Path, None] = {}
    has_foreign = False
    waiting = [workspace / "packages" / entry.name]
    while waiting:
        folder = waiting.pop()
        if folder in folders:
            continue
        folders[folder] = None
        for dependency in _dependencies(folder / "pyproject.toml"):
            ours = workspace / "packages" / dependency
            if ours.is_dir():
                waiting.append(ours)
            elif dependency != "phlo":
                has_foreign = True
    if has_foreign:
        folders[workspace] = None
    editable = [word for folder in folders for word in ("--editable", str(folder))]
    return editable if has_foreign else ["--no-deps", *editable]


def _dependencies(pyproject: Path) -> list[str]:
    try:
        project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
        found = [_REQUIREMENT_NAME.match(requirement) for requirement in project.get("dependencies", ())]
    except (OSError, ValueError, KeyError) as reason:
        raise PackageError(f"cannot be read: {reason}", where=pyproject) from None
    return [normalized(match[0]) for match in found if match]
