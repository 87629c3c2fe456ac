"""What `phlo test` is about: a role, or a package of operations, by name or by folder."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.discovery.catalog import Catalog
from phlo.discovery.definition import ServiceDefinition
from phlo.discovery.role import read_role, service_files
from phlo.discovery.services import discover_services
from phlo.errors import ConfigError, PackageError, did_you_mean
from phlo.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """services: the role's definitions, the tested one first; none for a package of operations.

    folder:  the role's folder, or the package's module. tests: where its tests are, whether there are any or not.
    catalog: all services that the test project can use.
    roles:   the `roles/` folder or the single role that the test project needs besides installed packages.
    """

    name: str
    folder: Path
    catalog: Catalog
    services: tuple[ServiceDefinition, ...] = ()
    roles: Mapping[str, Path]

    @property
    def tests(self) -> Path:
        return self.folder / "tests"

    @property
    def definition(self) -> ServiceDefinition:
        return self.services[0]


def find_subject(text: str, *, cwd: Path, project_root: Path | None) -> Subject:
    """The role called `text`, that of the distribution called so, or the one in the folder `text`.

    Raises ConfigError when there is none, PackageError when it is broken.
    """
    path = cwd / text
    if path.is_dir():
        return _of_folder(path.resolve(), project_root)
    if "/" in text:
        raise ConfigError(f"there is no folder {text}", where="phlo test", fix="Give a role's name or its folder.")
    catalog = discover_services(project_root)
    by_package = [one for one in catalog.services.values() if one.package == text]
    main = catalog.services.get(text) or next(
        (one for one in by_package if one.name == text.removeprefix("phlo-")), None
    )
    if main is None and by_package:
        main = by_package[0]
    if main is None and any(text in problem.services for problem in catalog.problems):
        catalog.lookup(text)
    if main is None:
        packages = {one.package for one in catalog.services.values() if one.package}
        fix = did_you_mean(text, {*catalog.services, *packages})
        raise ConfigError(f'there is no role "{text}"', where="phlo test", fix=fix)
    mine = [one for one in catalog.services.values() if one.root == main.root and one is not main]
    roles = _roles_of(project_root) if main.kind == "project" else {}
    return Subject(name=main.name, folder=main.root, catalog=catalog, services=(main, *mine), roles=roles)


def _of_folder(path: Path, project_root: Path | None) -> Subject:
    folder = _role_folder(path)
    if folder is None:
        module = _operations_module(path)
        if module is None:
            what = "there is neither a service.yaml nor an entry point of phlo.operations in it"
            raise ConfigError(what, where=path, fix="Give a role's folder, or a package's.")
        return Subject(name=path.name, folder=module, catalog=Catalog(services={}), roles={})
    services = read_role(folder, label=folder.name, kind="project")
    if not services:
        raise PackageError("its service.yaml describes no service", where=folder)
    is_in_project = project_root is not None and folder.parent == (project_root / "roles").resolve()
    roles = {**(_roles_of(project_root) if is_in_project else {}), services[0].name: folder}
    installed = discover_services(project_root if is_in_project else None)
    catalog = Catalog(services={**installed.services, **{one.name: one for one in services}})
    return Subject(name=services[0].name, folder=folder, catalog=catalog, services=services, roles=roles)


def _role_folder(path: Path) -> Path | None:
    """The folder with the service files: the one given, or the module inside a package's."""
    candidates = [path, *sorted(path.glob("src/*/")), *sorted(path.glob("*/"))]
    return next((folder for folder in candidates if (folder / "service.yaml").is_file()), None)


def _operations_module(path: Path) -> Path | None:
    """The folder of the module that a package's first entry point of `phlo.operations` names."""
    try:
        text = (path / "pyproject.toml").read_text(encoding="utf-8")
        data: Any = tomllib.loads(text)
    except (OSError, ValueError):
        return None
    entries = data.get("project", {}).get("entry-points", {}).get("phlo.operations", {})
    for target in entries.values():
        package = str(target).partition(":")[0].partition(".")[0]
        for folder in (path / "src" / package, path / package):
            if folder.is_dir():
                return folder
    return None


def _roles_of(project_root: Path | None) -> dict[str, Path]:
    folder = (project_root or Path()) / "roles"
    return {path.name: path for path in sorted(folder.iterdir()) if path.is_dir() and service_files(path)}
