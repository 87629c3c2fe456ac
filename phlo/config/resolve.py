"""From roles, phlo.yaml, inventory and environment to the project with every value final."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phlo.compose.project_files import LOCATING
from phlo.config.candidates import (
    command_line_variables,
    env_file_variables,
    env_files,
    inventory_variables,
    project_env,
    role_defaults,
)
from phlo.config.capabilities import wire
from phlo.config.compose_project import (
    compose_name,
    compose_profiles,
    compose_variables,
    define_folders,
    load_project,
    name_variable,
    scopes_of,
    with_compose_sections,
)
from phlo.config.containers import Container, Containers
from phlo.config.control import project_variables
from phlo.config.definitions import all_definitions, switches
from phlo.config.files import role_outputs
from phlo.config.layers import Candidate, Variables
from phlo.config.project import Project
from phlo.config.project_file import ProjectFile, with_variables, without_effect
from phlo.config.project_secrets import ProjectSecrets, hidden_texts, literal_secrets, placeholder
from phlo.config.request import Machine, Request
from phlo.config.resources import network_specs, volume_specs
from phlo.config.root import PROJECT_FILE, checked_name
from phlo.config.secret_sources import SecretSources
from phlo.config.selection import Selection, Selector
from phlo.config.service_assembly import ServiceAssembly
from phlo.discovery.catalog import Catalog
from phlo.discovery.definition import ServiceDefinition
from phlo.frozen import dataclass, field, replace
from phlo.image_source import ImagePolicy
from phlo.inventory.hosts import Inventory
from phlo.values import Value

if TYPE_CHECKING:
    from phlo.compose.project_files import ComposeFiles
    from phlo.config.on_hosts import Resolved
    from phlo.inventory.clusters import Cluster

# Gives the project its name, as `--project` does.
NAME_VARIABLE = "PHLO_PROJECT"


def resolve(
    catalog: Catalog,
    inventory: Inventory,
    *,
    root: Path,
    environ: Mapping[str, str],
    request: Request = Request(),  # noqa: B008  it is frozen
    machine: Machine = Machine(),  # noqa: B008
    extra: Mapping[str, str | Candidate] | None = None,
    compose: ComposeFiles | None = None,
    text: str | None = None,
) -> Project:
    """Apply phlo.yaml and every layer of variables to the catalog's services.

    extra:   what `-e` gives, see `read_extra`.
    compose: the Compose files that are the whole project; None: it has a phlo.yaml.
    text: a phlo.yaml that is not in the file yet, to be checked.
    Raises ConfigError with everything that was found wrong.
    """
    given = _read(catalog, root=root, environ=environ, request=request, machine=machine, compose=compose, text=text)

    def on(host: str, name: str | None = None) -> Resolved:
        variables, file, found = given.variables(inventory, host, environ, extra or {}, name, request)
        return _OnHost(
            given=given,
            inventory=inventory,
            request=request,
            machine=machine,
            variables=variables,
            file=file,
            name=found,
        ).project()

    first = next(iter(inventory.hosts))
    resolved = on(first)
    if len(inventory.hosts) == 1:
        return resolved[0]
    from phlo.config.on_hosts import on_all_hosts

    return on_all_hosts(first, resolved, inventory, lambda host: on(host, resolved[0].name))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What is the same for every host: the files, the services that these know, the sources of secrets."""

    root: Path
    catalog: Catalog
    file: ProjectFile
    definitions: Mapping[str, ServiceDefinition]
    sources: SecretSources
    secrets: ProjectSecrets
    kept: tuple[Candidate, ...]
    warnings: tuple[str, ...]

    def variables(
        self,
        inventory: Inventory,
        host: str,
        environ: Mapping[str, str],
        extra: Mapping[str, str | Candidate],
        name: str | None,
        request: Request,
    ) -> tuple[Variables, ProjectFile, str]:
        """The variables of a host, and with these replaced the project's file and name. name: when it is known."""
        candidates = [
            *project_variables(self.root),
            *role_defaults(self.definitions.values()),
            *project_env(self.file),
            *compose_variables(self.file),
            *inventory_variables(inventory, host),
            *env_file_variables(self.root),
            *(self.kept if request.fetch_secrets else (replace(one, fetch=placeholder) for one in self.kept)),
            *command_line_variables(extra),
        ]
        variables = Variables(
            candidates,
            environ=environ,
            secret_names=self.secrets.names,
            want_secret=self.secrets.want,
            scopes=scopes_of(self.file),
        )
        define_folders(variables, self.file, self.root)
        final = with_variables(self.file, variables.lookup(), variables.unset)
        found = name or _name(request.project_name, variables, final, self.root)
        variables.define(name_variable(found))
        return variables, with_compose_sections(final, variables), found


def _read(
    catalog: Catalog,
    *,
    root: Path,
    environ: Mapping[str, str],
    request: Request,
    machine: Machine,
    compose: ComposeFiles | None,
    text: str | None,
) -> _Given:
    warnings: list[str] = []
    file = load_project(root, environ=environ, files=compose, cache=machine.cache, text=text)
    definitions = all_definitions(catalog, file, warnings=warnings)
    sources = SecretSources(root=root, file=file, environ=environ, ask=machine.ask)
    kept = tuple(sources.candidates())
    secrets = ProjectSecrets(
        root=root,
        definitions=definitions,
        generate=request.generate_secrets,
        make=machine.make_secret,
        kept=frozenset(one.name for one in kept),
    )
    return _Given(
        root=root,
        catalog=catalog,
        file=file,
        definitions=definitions,
        sources=sources,
        secrets=secrets,
        kept=kept,
        warnings=(*warnings, *without_effect(file), *literal_secrets(file, secrets.names)),
    )


@dataclass(slots=True, kw_only=True)
class _OnHost:
    """The resolution of the project with the variables of one host. read: every file that was read."""

    given: _Given
    inventory: Inventory
    request: Request
    machine: Machine
    variables: Variables
    file: ProjectFile
    name: str
    read: list[Path] = field(default_factory=list)

    def project(self) -> Resolved:
        """The project, and the names of the variables that made it what it is."""
        given, definitions = self.given, self.given.definitions
        containers = Containers(
            root=given.root,
            file=self.file,
            variables=self.variables,
            dev=self.request.dev,
            reads_env_files=self.request.needs_files,
            definitions=definitions.values(),
        )
        selection = self._selection(containers)
        chosen = [containers.of(definitions[name]) for name in selection.chosen]
        for container in chosen:
            self._have_secrets(container.definition)
        assembly = self._assembly(containers, selection)
        self.read += containers.read
        outputs = self._outputs(chosen)
        services = assembly.services(chosen, outputs)
        warnings = [*given.warnings, *containers.warnings, *self.variables.warnings]
        placements = {name: service.placement for name, service in services.items()}
        if any(placements.values()):
            from phlo.config.cluster_rules import without_honoured

            warnings = without_honoured(warnings, {one.definition.name: one for one in chosen}, placements)
        # What was looked at for the result above; the values below look at everything.
        used = frozenset(self.variables.environment_read)
        values = self._values()
        locating = LOCATING if self.file.compose else ()
        project = Project(
            name=self.name,
            root=given.root,
            services=services,
            absent=selection.absent,
            networks=network_specs(self.name, self.file, chosen),
            volumes={**volume_specs(self.name, self.file, chosen), **assembly.seeded},
            values=values,
            outputs=outputs,
            inputs=self._inputs(chosen),
            environment_read=tuple(sorted({*self.variables.environment_read, *locating})),
            warnings=tuple(dict.fromkeys(warnings)),
            secrets=hidden_texts(values, services),
            capabilities=assembly.wiring.facts,
            pending_secrets=tuple(sorted(set(given.secrets.pending))),
            is_volatile=given.sources.has_run or self.inventory.is_volatile,
        )
        return project, used

    def _selection(self, containers: Containers) -> Selection:
        profiles = frozenset((*self.request.profiles, *self.file.config.profiles))
        selector = Selector(
            file=self.file,
            definitions=self.given.definitions,
            switches=switches(self.file),
            containers=containers,
            profiles=profiles | compose_profiles(self.file, self.variables),
        )
        return selector.select(self.request.services, self.request.profile_services, no_deps=self.request.no_deps)

    def _assembly(self, containers: Containers, selection: Selection) -> ServiceAssembly:
        return ServiceAssembly(
            name=self.name,
            root=self.given.root,
            file=self.file,
            inventory=self.inventory,
            definitions=self.given.definitions,
            variables=self.variables,
            containers=containers,
            selection=selection,
            wiring=wire(selection, self.given.definitions, self.variables),
            policy=ImagePolicy(self.request.image_source or self.file.config.image_source),
            bases=self.machine.bases,
            cache=self.machine.cache,
            clusters=_clusters(self.inventory),
            needs_files=self.request.needs_files,
            read=self.read,
        )

    def _outputs(self, chosen: Sequence[Container]) -> Mapping[str, bytes]:
        if not self.request.needs_files:
            return {}
        return role_outputs([container.definition for container in chosen], self.read.append)

    def _have_secrets(self, definition: ServiceDefinition) -> None:
        """Make sure that a service's secrets have values, though nothing in phlo refers to them."""
        for name, variable in definition.env_vars.items():
            if variable.secret:
                self.variables.text(name, definition.name)

    def _values(self) -> dict[str, Value]:
        names = {*self.variables.names, *self.variables.environment_read}
        found = {name: self.variables.known_value(name) for name in sorted(names)}
        return {name: value for name, value in found.items() if value is not None}

    def _inputs(self, chosen: Sequence[Container]) -> tuple[Path, ...]:
        env_file_paths = (path for container in chosen for path in container.env_files)
        compose_paths = (path for container in chosen for path in container.compose.read_files)
        every = (
            self.file.path,
            *(compose.inputs if (compose := self.file.compose) else ()),
            *((*compose.candidates, self.given.root / PROJECT_FILE) if compose else ()),
            *env_files(self.given.root),
            *self.inventory.inputs,
            *self.given.catalog.inputs,
            *env_file_paths,
            *compose_paths,
            *self.given.sources.read,
            *self.read,
        )
        return tuple(dict.fromkeys(every))


def _clusters(inventory: Inventory) -> tuple[Cluster, ...]:
    if not inventory.groups:
        return ()
    from phlo.inventory.clusters import clusters

    return clusters(inventory)


def _name(given: str | None, variables: Variables, file: ProjectFile, root: Path) -> str:
    if given is not None:
        return checked_name(given, root, where="--project-name")
    if (value := variables.value(NAME_VARIABLE)) and value.text:
        return checked_name(value.text, root, where=f"{value.source} {NAME_VARIABLE}")
    if found := compose_name(file, variables):
        return checked_name(found[0], root, where=found[1])
    return checked_name(file.config.name, root, where=file.document.where("name"))
