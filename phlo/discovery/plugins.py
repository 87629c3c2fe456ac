"""Find what installed packages add to phlo, without importing any of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from phlo.discovery.catalog import PluginInfo, Problem, Scan
from phlo.discovery.definition import ServiceDefinition
from phlo.discovery.distributions import Distribution, installed_distributions, installed_folders, package_folder
from phlo.discovery.role import read_role, role_inputs, service_files, service_names
from phlo.errors import PackageError, PhloError
from phlo.frozen import replace

SERVICE_GROUP = "phlo.plugins.services"


class ServicePlugin:
    """Base of the class that a service package's entry point may name, as `phlo_name.plugin:NamePlugin`.

    Discovery reads the `service.yaml` in the folder of that module and never runs the class, so a package needs
    none: an entry point may name the package itself. A class gives Python code (role tests, other tools) a handle.
    """

    name: ClassVar[str] = ""
    """What the plug-in is called; empty: as its main service."""

    @classmethod
    def role_folder(cls) -> Path:
        """The folder that holds service.yaml, beside the class's module."""
        import inspect

        return Path(inspect.getfile(cls)).resolve().parent

    @classmethod
    def services(cls) -> tuple[ServiceDefinition, ...]:
        """The services of the package, the main one first; raises PackageError when one is wrong."""
        folder = cls.role_folder()
        return read_role(folder, label=folder.name, kind="package")


def discover_plugins(group: str | None = SERVICE_GROUP, *, path: Sequence[str] | None = None) -> Scan:
    """The plug-ins of an entry-point group, None: of every group of phlo.

    path: where distributions are looked for, None: `sys.path`.
    A package that cannot be used is a problem of the result and does not disturb the others.
    """
    distributions = sorted(installed_distributions(path), key=lambda found: found.name)
    plugins: list[PluginInfo] = []
    problems: list[Problem] = []
    inputs: dict[Path, None] = dict.fromkeys(installed_folders(path))
    services: dict[str, ServiceDefinition] = {}
    for distribution in distributions:
        infos = _infos(distribution, group)
        if any(info.group == SERVICE_GROUP for info in infos):
            problem = _add_services(distribution, path, services, inputs)
            if problem:
                problems.append(problem)
                infos = [
                    replace(info, problem=str(problem.error)) if info.group == SERVICE_GROUP else info for info in infos
                ]
        plugins += infos
    return Scan(
        plugins=tuple(sorted(plugins, key=lambda info: (info.group, info.name))),
        services=tuple(services.values()),
        problems=tuple(problems),
        inputs=tuple(inputs),
    )


def _infos(distribution: Distribution, group: str | None) -> list[PluginInfo]:
    return [
        PluginInfo(
            name=name,
            group=declared,
            distribution=distribution.name,
            version=distribution.version,
            summary=distribution.summary,
        )
        for declared, entries in distribution.groups.items()
        if (declared == group if group else declared.startswith("phlo."))
        for name in entries
    ]


def _add_services(
    distribution: Distribution,
    path: Sequence[str] | None,
    services: dict[str, ServiceDefinition],
    inputs: dict[Path, None],
) -> Problem | None:
    """Add the distribution's services, all of them or none and a problem."""
    names: tuple[str, ...] = ()
    try:
        folders = _role_folders(distribution, path)
        for folder in folders:
            inputs.update(dict.fromkeys(role_inputs(folder)))
            names += service_names(folder)
        found = [definition for folder in folders for definition in _read(distribution, folder)]
        _refuse_taken(distribution, found, services)
    except PhloError as error:
        missing = names or tuple(distribution.groups[SERVICE_GROUP])
        return Problem(package=distribution.name, error=error, services=tuple(set(missing) - set(services)))
    services.update((definition.name, definition) for definition in found)
    return None


def _read(distribution: Distribution, folder: Path) -> tuple[ServiceDefinition, ...]:
    return read_role(
        folder,
        label=folder.name,
        kind="package",
        package=distribution.name,
        package_version=distribution.version,
    )


def _role_folders(distribution: Distribution, path: Sequence[str] | None) -> list[Path]:
    """The folders its entry points lead to, each once."""
    entries = distribution.groups[SERVICE_GROUP].items()
    return list(dict.fromkeys(_role_folder(distribution, name, value, path) for name, value in entries))


def _role_folder(distribution: Distribution, name: str, value: str, path: Sequence[str] | None) -> Path:
    where = f"{distribution.name} entry point {name}"
    top, *inner = re.split(r"[:\[]", value)[0].strip().split(".")
    folder = package_folder(top, distribution, path)
    if folder is None:
        fix = f"Install {distribution.name} again."
        raise PackageError(f'there is no folder of the package "{top}"', where=where, fix=fix)
    # `phlo_name.plugin:Class` leads to the folder of plugin.py, `phlo_name.roles.main` to the folder itself.
    for depth in range(len(inner), -1, -1):
        candidate = folder.joinpath(*inner[:depth])
        if candidate.is_dir() and service_files(candidate):
            return candidate
    fix = f"Add one to {folder.name}/, and see that the built wheel includes it."
    raise PackageError(f'the package "{top}" has no service.yaml', where=where, fix=fix)


def _refuse_taken(
    distribution: Distribution, found: Iterable[ServiceDefinition], services: dict[str, ServiceDefinition]
) -> None:
    seen: dict[str, ServiceDefinition] = dict(services)
    for definition in found:
        other = seen.setdefault(definition.name, definition)
        if other is not definition:
            owner = other.package if other.package != distribution.name else "another entry point"
            what = f'the service "{definition.name}" is already given by {owner}'
            fix = f"Uninstall {distribution.name} or {owner}." if owner == other.package else "Rename one of the two."
            raise PackageError(what, where=definition.where("name"), fix=fix)
