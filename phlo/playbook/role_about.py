"""What a role says of itself: its description, arguments, defaults and task files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.frozen import dataclass
from phlo.playbook.load import SUFFIXES, Loader


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAbout:
    """origin: the package or the folder that it is from. arguments: of `argument_specs`, by their names.

    tasks: names of its task files; `main` is what a play runs, each other one is for `tasks_from` or an action.
    """

    name: str
    origin: str
    folder: Path
    description: str
    arguments: Mapping[str, Mapping[str, Any]]
    defaults: Mapping[str, Any]
    tasks: tuple[str, ...]
    dependencies: tuple[str, ...]


def role_about(loader: Loader, name: str, folder: Path, *, origin: str, service: str) -> RoleAbout:
    """Read a role. service: the description of the service that it is the role of. Raises ConfigError."""
    meta = _mapping(loader, folder / "meta", "main")
    specs = _mapping(loader, folder / "meta", "argument_specs") or meta
    main = (specs.get("argument_specs") or {}).get("main") or {}
    galaxy = meta.get("galaxy_info") or {}
    description = main.get("short_description") or galaxy.get("description") or service
    needed = [one.get("role", one.get("name")) if isinstance(one, Mapping) else one for one in _needed(meta)]
    tasks = sorted(path.stem for path in (folder / "tasks").glob("*") if path.suffix in SUFFIXES)
    return RoleAbout(
        name=name,
        origin=origin,
        folder=folder,
        description=str(description),
        arguments=main.get("options") or {},
        defaults={key: one.value for key, one in loader.role(name, where=name).defaults.items()},
        tasks=tuple(tasks),
        dependencies=tuple(map(str, needed)),
    )


def _needed(meta: Mapping[str, Any]) -> list[Any]:
    found = meta.get("dependencies")
    return found if isinstance(found, list) else []


def _mapping(loader: Loader, folder: Path, stem: str) -> Mapping[str, Any]:
    path = next((one for suffix in SUFFIXES if (one := folder / f"{stem}{suffix}").is_file()), None)
    data = loader.file(path).data if path else {}
    return data if isinstance(data, Mapping) else {}
