"""Find every service that a project can use: its own roles, installed packages, phlo's built-in roles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from phlo.discovery.catalog import Catalog, Problem, Scan
from phlo.discovery.definition import Kind, ServiceDefinition
from phlo.discovery.folders import builtin_roles_folder
from phlo.discovery.remembered import remembered
from phlo.errors import ConfigError, PhloError, PlanError
from phlo.sections.accepted import Accepted

# What the labels of the project's own roles begin with.
OWN_ROLES = "roles/"


def discover_services(
    project_root: Path | None = None,
    *,
    path: Sequence[str] | None = None,
    builtin_roles: Path | None = None,
    cache: Path | None = None,
) -> Catalog:
    """Every service there is; of two with one name, the project's role wins over a package, a package over a built-in.

    project_root:  the folder of phlo.yaml, None: no project.
    path:          where distributions are looked for, None: `sys.path`.
    builtin_roles: None: those that phlo ships.
    cache:         folder to remember in what the packages on `sys.path` hold, None: they are read each time.
    What is broken is in the catalog's `problems`; nothing is raised for it.
    """
    own = _read_roles(project_root / "roles", "project", Accepted(cache)) if project_root else Scan()
    packages = remembered(cache, _packages) if cache and path is None else _packages(path)
    shipped = builtin_roles or builtin_roles_folder()
    builtin = _read_roles(shipped, "builtin", Accepted(cache)) if shipped else Scan()

    services: dict[str, ServiceDefinition] = {}
    broken: set[str] = set()
    for scan in (own, packages, builtin):
        for definition in scan.services:
            # A broken role is not replaced behind the user's back by what it was meant to replace.
            if definition.name not in broken:
                services.setdefault(definition.name, definition)
        broken.update(name for problem in scan.problems for name in problem.services)
    return Catalog(
        services=dict(sorted(services.items())),
        plugins=packages.plugins,
        problems=(*own.problems, *packages.problems, *builtin.problems),
        inputs=(*own.inputs, *packages.inputs, *builtin.inputs),
    )


def _packages(path: Sequence[str] | None = None) -> Scan:
    from phlo.discovery.plugins import discover_plugins

    return discover_plugins(None, path=path)


def _read_roles(folder: Path, kind: Kind, accepted: Accepted) -> Scan:
    """The services of the roles in a `roles/` folder, whose sub-folders without service.yaml hold none."""
    roles = sorted(role for role in folder.iterdir() if role.is_dir()) if folder.is_dir() else []
    roles = [role for role in roles if not role.name.startswith(".")]
    if not roles:
        return Scan(inputs=(folder,))
    from phlo.discovery.role import read_role, role_inputs, service_files, service_names

    services: list[ServiceDefinition] = []
    problems: list[Problem] = []
    inputs = [folder]
    for role in roles:
        inputs += role_inputs(role)
        if not service_files(role):
            continue
        label = f"{OWN_ROLES}{role.name}"
        try:
            services += read_role(role, label=label, kind=kind, accepted=accepted)
        except PhloError as error:
            names = dict.fromkeys((role.name, *service_names(role)))
            problems.append(Problem(package=label, error=error, services=tuple(names)))
    return Scan(services=tuple(services), problems=tuple(problems), inputs=tuple(inputs))


class ServiceDiscovery:
    """Questions about the services there are."""

    def __init__(
        self,
        project_root: Path | None = None,
        *,
        path: Sequence[str] | None = None,
        builtin_roles: Path | None = None,
    ) -> None:
        self.catalog = discover_services(project_root, path=path, builtin_roles=builtin_roles)

    def get_service(self, name: str) -> ServiceDefinition:
        """The service called `name`; a ConfigError suggests the nearest."""
        return self.catalog.lookup(name)

    def get_all(self) -> dict[str, ServiceDefinition]:
        """Every service by name, in alphabetical order."""
        return dict(self.catalog.services)

    def get_default_services(self, disabled_services: Iterable[str] | None = None) -> list[ServiceDefinition]:
        """The services that a bare `up` starts, without the disabled ones and without what only a profile asks for."""
        disabled = frozenset(disabled_services or ())
        return [
            definition
            for definition in self.catalog.services.values()
            if definition.default and not definition.profile and definition.name not in disabled
        ]

    def get_available_profiles(self) -> list[str]:
        """The names of all profiles, in alphabetical order."""
        return sorted({item.profile for item in self.catalog.services.values() if item.profile})

    def get_services_by_profile(self, profile: str) -> list[ServiceDefinition]:
        """The services of a profile."""
        return [item for item in self.catalog.services.values() if item.profile == profile]

    def resolve_dependencies(self, names: Iterable[str]) -> list[ServiceDefinition]:
        """The services called `names` and all they depend on, in the order in which they start.

        A dependency that is not required and does not exist is left out.
        Raises ConfigError for a name that does not exist, PlanError for a cycle.
        """
        sorter: TopologicalSorter[str] = TopologicalSorter()
        found: dict[str, ServiceDefinition] = {}
        waiting = [self.catalog.lookup(name) for name in names]
        while waiting:
            definition = waiting.pop()
            if definition.name in found:
                continue
            found[definition.name] = definition
            needed = self._dependencies(definition)
            sorter.add(definition.name, *(item.name for item in needed))
            waiting += needed
        try:
            return [found[name] for name in sorter.static_order()]
        except CycleError as cycle:
            chain = " -> ".join(reversed(cycle.args[1]))
            what = f"services depend on each other in a circle: {chain}"
            raise PlanError(what, fix="Take one of these dependencies away.") from None

    def _dependencies(self, definition: ServiceDefinition) -> list[ServiceDefinition]:
        found = []
        for name, entry in definition.depends_on.items():
            if name in self.catalog.services:
                found.append(self.catalog.services[name])
            elif entry["required"]:
                from phlo.discovery.registry import missing_dependency

                what, fix = missing_dependency(definition, name, self.catalog.services)
                raise ConfigError(what, where=definition.where("depends_on", name), fix=fix)
        return found
