"""From roles, phlo.yaml, inventory and environment to the project with every value final."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.config.candidates import (
    STATE_FOLDER,
    command_line_variables,
    env_file_variables,
    env_files,
    inventory_variables,
    project_env,
    role_defaults,
)
from phlo.config.capabilities import Wiring, wire
from phlo.config.capability_types import is_collected
from phlo.config.containers import Container, Containers, literal_secret_warning
from phlo.config.control import control_data, installed_archive, project_variables
from phlo.config.definitions import all_definitions, switches
from phlo.config.files import ContainerFiles, role_outputs
from phlo.config.images import Images
from phlo.config.interpolate import interpolate_all
from phlo.config.layers import LOCAL_ENV_FILE, ROLE_DEFAULTS, Candidate, Variables
from phlo.config.project import Dependency, Hook, Project, ResolvedService
from phlo.config.project_file import ProjectFile, load_project_file, with_variables
from phlo.config.resources import driver_of, network_specs, volume_specs
from phlo.config.root import PROJECT_FILE, checked_name
from phlo.config.secret_sources import SecretSources
from phlo.config.secrets import PLACEHOLDER, random_secret, stored_secret
from phlo.config.selection import Selection, Selector
from phlo.discovery.catalog import Catalog
from phlo.discovery.definition import ServiceDefinition
from phlo.errors import PhloError, first_of
from phlo.frozen import dataclass, field, replace
from phlo.inventory.hosts import Inventory
from phlo.values import BuildRecipe, Condition, FileSpec, ImagePolicy, Secret, Source, Value

if TYPE_CHECKING:
    from phlo.config.across_hosts import Meetings
    from phlo.config.compose.model import ComposeService
    from phlo.config.on_hosts import Resolved
    from phlo.config.project import SwarmPlace, VolumeSpec
    from phlo.config.travelling import Luggage
    from phlo.inventory.swarms import Swarm

# Shorter lines of a secret are not masked on their own: `}` or `end` would be everywhere.
SHORTEST_LINE = 8

# Gives the project its name, as `--project` does.
NAME_VARIABLE = "PHLO_PROJECT"


def resolve(
    catalog: Catalog,
    inventory: Inventory,
    *,
    root: Path,
    environ: Mapping[str, str],
    extra: Mapping[str, str | Candidate] | None = None,
    profiles: Iterable[str] = (),
    asked: Sequence[str] = (),
    named: Sequence[str] = (),
    generate_secrets: bool,
    no_deps: bool = False,
    dev: bool = False,
    image_source: str | None = None,
    project_name: str | None = None,
    make_secret: Callable[[], str] = random_secret,
    ask: Callable[[str], str] | None = None,
    fetch_secrets: bool = True,
    bases: Callable[[Iterable[BuildRecipe]], Mapping[str, Any]] = lambda recipes: {},
) -> Project:
    """Apply phlo.yaml and every layer of variables to the catalog's services.

    extra:    what `-e` gives, see `read_extra`.
    asked:    services that the run is about, with what they need; empty: all that are enabled.
    named:    services whose profiles count as asked for.
    generate_secrets: store secrets that nobody gave in `.phlo/.env.local`; without, they get a placeholder.
    no_deps:  leave out what the asked ones need.
    project_name: instead of phlo.yaml's.
    ask:      gets a passphrase from a person, None: nobody is there.
    bases:    what the images that recipes start from are made of on this machine, for `phlo_control`.
    fetch_secrets: get secrets from where they are kept; without, they get a placeholder.
    Raises ConfigError with everything that was found wrong.
    """
    warnings: list[str] = []
    file = load_project_file(root / PROJECT_FILE)
    definitions = all_definitions(catalog, file, warnings=warnings)
    sources = SecretSources(root=root, file=file, environ=environ, ask=ask)
    kept = list(sources.candidates())
    secrets = _Secrets(
        root=root,
        definitions=definitions,
        generate=generate_secrets,
        make=make_secret,
        kept=frozenset(one.name for one in kept),
    )
    given = [*project_variables(root), *role_defaults(definitions.values()), *project_env(file)]
    later = [
        *env_file_variables(root),
        *(kept if fetch_secrets else (replace(one, fetch=_placeholder) for one in kept)),
        *command_line_variables(extra or {}),
    ]
    warnings += _literal_secrets(file, secrets.names)
    groups = _swarms(inventory)

    def on(host: str, name: str | None = None) -> Resolved:
        variables = Variables(
            [*given, *inventory_variables(inventory, host), *later],
            environ=environ,
            secret_names=secrets.names,
            want_secret=secrets.want,
        )
        final = with_variables(file, variables.lookup(), variables.unset)
        work = _Resolution(
            catalog=catalog,
            inventory=inventory,
            root=root,
            file=final,
            definitions=definitions,
            variables=variables,
            containers=Containers(root=root, file=final, variables=variables, dev=dev),
            name=name or _name(project_name, variables, final, root),
            policy=ImagePolicy(image_source or final.config.image_source),
            warnings=list(warnings),
            sources=sources,
            swarms=groups,
            bases=bases,
        )
        active = frozenset((*profiles, *final.config.profiles))
        return work.project(active, asked, named, no_deps=no_deps, secrets=secrets)

    first = next(iter(inventory.hosts))
    resolved = on(first)
    if len(inventory.hosts) == 1:
        return resolved[0]
    from phlo.config.on_hosts import on_all_hosts

    return on_all_hosts(first, resolved, inventory, lambda host: on(host, resolved[0].name))


@dataclass(slots=True, kw_only=True)
class _Secrets:
    """The secrets of the project. kept: those of `secret_sources`. pending: those that have a placeholder."""

    root: Path
    definitions: Mapping[str, ServiceDefinition]
    generate: bool
    make: Callable[[], str]
    kept: frozenset[str]
    pending: list[str] = field(default_factory=list)

    @property
    def names(self) -> frozenset[str]:
        every = (item for definition in self.definitions.values() for item in definition.env_vars.items())
        return self.kept | {name for name, variable in every if variable.secret}

    def want(self, name: str) -> tuple[Secret, Source]:
        """The value of a secret that nobody gave."""
        path = self.root / STATE_FOLDER / ".env.local"
        source = Source(layer=LOCAL_ENV_FILE, path=f"{STATE_FOLDER}/{path.name}")
        if not self.generate:
            self.pending.append(name)
            return Secret(PLACEHOLDER), source
        purpose = " and ".join(
            service
            for service, definition in self.definitions.items()
            if name in definition.env_vars and definition.env_vars[name].secret
        )
        return stored_secret(path, name, purpose=purpose, make=self.make), source


@dataclass(slots=True, kw_only=True)
class _Resolution:
    """What the parts of a resolution share."""

    catalog: Catalog
    inventory: Inventory
    root: Path
    file: ProjectFile
    definitions: Mapping[str, ServiceDefinition]
    variables: Variables
    containers: Containers
    name: str
    policy: ImagePolicy
    warnings: list[str]
    sources: SecretSources
    bases: Callable[[Iterable[BuildRecipe]], Mapping[str, Any]]
    swarms: tuple[Swarm, ...] = ()
    read: list[Path] = field(default_factory=list)
    seeded: dict[str, VolumeSpec] = field(default_factory=dict)  # folders that are volumes on other hosts

    def project(
        self,
        profiles: frozenset[str],
        asked: Sequence[str],
        named: Sequence[str],
        *,
        no_deps: bool,
        secrets: _Secrets,
    ) -> Resolved:
        """The project, and the names of the variables that made it what it is."""
        selector = Selector(
            file=self.file,
            definitions=self.definitions,
            switches=switches(self.file),
            containers=self.containers,
            profiles=profiles,
        )
        selection = selector.select(asked, named, no_deps=no_deps)
        chosen = [self.containers.of(self.definitions[name]) for name in selection.chosen]
        for container in chosen:
            self._have_secrets(container.definition)
        wiring = wire(selection, self.definitions, self.variables)
        services = self._services(selection, chosen, wiring)
        networks = network_specs(self.name, self.file, chosen)
        volumes = {**volume_specs(self.name, self.file, chosen), **self.seeded}
        warnings = [*self.warnings, *self.containers.warnings, *self.variables.warnings]
        if any(service.place for service in services.values()):
            from phlo.config.on_swarm import without_swarm_warnings

            warnings = without_swarm_warnings(warnings, [one for one in chosen if services[one.definition.name].place])
        used = frozenset(self.variables.environment_read)
        values = self._values()
        project = Project(
            name=self.name,
            root=self.root,
            services=services,
            absent=selection.absent,
            networks=networks,
            volumes=volumes,
            values=values,
            outputs=role_outputs([container.definition for container in chosen], self.read.append),
            inputs=self._inputs(chosen),
            environment_read=self.variables.environment_read,
            warnings=tuple(dict.fromkeys(warnings)),
            secrets=_secrets_in(values, services),
            capabilities=wiring.facts,
            pending_secrets=tuple(sorted(set(secrets.pending))),
            is_volatile=self.sources.has_run or self.inventory.is_volatile,
        )
        return project, used

    def _have_secrets(self, definition: ServiceDefinition) -> None:
        """Make sure that a service's secrets have values, though nothing in phlo refers to them."""
        for name, variable in definition.env_vars.items():
            if variable.secret:
                self.variables.text(name, definition.name)

    def _services(
        self, selection: Selection, chosen: Sequence[Container], wiring: Wiring
    ) -> dict[str, ResolvedService]:
        images = Images(project=self.name, file=self.file, variables=self.variables, policy=self.policy)
        files = ContainerFiles(root=self.root, file=self.file, variables=self.variables)
        control = self._control(selection, images)
        found: dict[str, ResolvedService] = {}
        errors: list[PhloError] = []
        met, travelling = self._across_hosts(selection, wiring)
        for container in chosen:
            name = container.definition.name
            facts = wiring.seen_by(container.definition)
            try:
                hosts, place = self._placed(name)
                taken = travelling.get(name)
                found[name] = ResolvedService(
                    name=name,
                    definition=container.definition,
                    compose=self._travelled(container.compose, taken) if taken else container.compose,
                    image=images.of(container),
                    depends_on=self._dependencies(container, selection),
                    one_shot=_is_one_shot(container),
                    scale=1 if container.compose.scale is None else container.compose.scale,
                    files=self._files(container, files, facts, control, taken),
                    hooks=self._hooks(container.definition),
                    hosts=hosts,
                    meetings=met.get(name, {}),
                    place=place,
                    reason=selection.chosen[name],
                    facts=facts,
                    sources=container.merged.sources(),
                )
                if place is not None:
                    self._check_on_swarm(container, found[name], place)
            except PhloError as error:
                errors.append(error)
        if errors:
            raise first_of(errors)
        self.read += files.read
        return found

    def _travelled(self, compose: ComposeService, luggage: Luggage) -> ComposeService:
        """What a service is without the mounts whose files it takes along, and with volumes for those it writes to."""
        from phlo.config.written_folders import as_volume, volume_of

        for folder in luggage.folders:
            spec = volume_of(folder, self.name, self.root)
            self.seeded[spec.key] = spec
        volumes = tuple(
            as_volume(mount, self.root) if mount.source and Path(mount.source) in luggage.folders else mount
            for mount in compose.volumes
            if mount.target not in luggage.targets
        )
        return replace(compose, volumes=volumes)

    def _across_hosts(self, selection: Selection, wiring: Wiring) -> tuple[Meetings, Mapping[str, Luggage]]:
        """What services on different hosts need to find each other, and what they take along.

        Services that this run is not about are included.
        """
        hosts = list(self.inventory.hosts.values())
        if len(hosts) == 1 and hosts[0].docker_host is None and hosts[0].docker_context is None:
            return {}, {}
        from phlo.config.across_hosts import meetings
        from phlo.config.travelling import luggage

        containers = {name: self.containers.of(self.definitions[name]) for name in selection.enabled}
        definitions = [container.definition for container in containers.values()]
        taken = luggage(
            containers,
            self._hosts,
            self.inventory,
            root=self.root,
            outputs=lambda: role_outputs(definitions, self.read.append),
            read=self.read.append,
        )
        needs: dict[str, set[str]] = {}
        for name, container in containers.items():
            used = (*container.definition.requires, *container.definition.wants)
            others = {*container.compose.depends_on}
            others |= {selection.providers[capability] for capability in used if capability in selection.providers}
            for capability in filter(is_collected, used):
                others |= {facts["service"] for facts in wiring.facts.get(capability, ())}
            needs[name] = {other for other in others if other in containers and other != name}
        if self.swarms:
            from phlo.config.on_swarm import check_between

            places = {name: self._placed(name)[1] for name in containers}
            check_between(needs, places, lambda name: containers[name].merged.where())
        return meetings(containers, needs, self._hosts, self.inventory), taken

    def _control(self, selection: Selection, images: Images) -> Callable[[], Secret]:
        def control() -> Secret:
            sources = [images.of(self.containers.of(self.definitions[name])) for name in selection.enabled]
            bases = self.bases([source.recipe for source in sources if source.recipe])
            return control_data(self.name, self.variables, bases)

        return control

    def _files(
        self,
        container: Container,
        files: ContainerFiles,
        facts: Mapping[str, Any],
        control: Callable[[], Secret],
        luggage: Luggage | None,
    ) -> tuple[FileSpec, ...]:
        definition = container.definition
        names = dict(facts)
        names["service"] = {
            "name": definition.name,
            "description": definition.description,
            "category": definition.category,
            "version": definition.version,
        }
        names["project"] = {"name": self.name}
        names["phlo_installed"] = installed_archive
        names["phlo_control"] = control
        return files.of(container, names, luggage.files if luggage else ())

    def _dependencies(self, container: Container, selection: Selection) -> tuple[Dependency, ...]:
        found: dict[str, Dependency] = {}
        for other, entry in container.compose.depends_on.items():
            if other in selection.chosen:
                condition = entry["condition"]
                found[other] = Dependency(
                    service=other,
                    condition=Condition(condition) if condition else self._inferred(other),
                    required=entry["required"],
                    restart=entry["restart"],
                )
        for capability in (*container.definition.requires, *container.definition.wants):
            provider = selection.providers.get(capability)
            if provider in selection.chosen and provider not in (None, container.definition.name):
                found.setdefault(provider, Dependency(service=provider, condition=self._inferred(provider)))
        return tuple(found[other] for other in sorted(found))

    def _inferred(self, name: str) -> Condition:
        """What to wait for of a service when its dependent does not say."""
        container = self.containers.of(self.definitions[name])
        if _is_one_shot(container):
            return Condition.COMPLETED
        check = container.compose.healthcheck
        return Condition.HEALTHY if check and check.test and not check.is_disabled else Condition.STARTED

    def _hooks(self, definition: ServiceDefinition) -> tuple[Hook, ...]:
        found = []
        for point, hooks in definition.hooks.items():
            for index, hook in enumerate(hooks):
                environment = interpolate_all(
                    {name: "" if value is None else str(value) for name, value in hook.environment.items()},
                    self.variables.lookup(definition.name),
                    where=definition.where,
                    unset=self.variables.unset,
                    keys=("hooks", point, index, "environment"),
                )
                found.append(
                    Hook(
                        name=hook.name or f"{point}[{index}]",
                        point=point,
                        command=hook.command,
                        requires=hook.requires,
                        delay_seconds=hook.delay,
                        timeout_seconds=hook.timeout_seconds,
                        environment=environment,
                    )
                )
        return tuple(found)

    def _hosts(self, name: str) -> tuple[str, ...]:
        return self._placed(name)[0]

    def _placed(self, name: str) -> tuple[tuple[str, ...], SwarmPlace | None]:
        """The hosts of a service, and where on a Swarm it is."""
        hosts = self._wanted_hosts(name)
        if not self.swarms:
            return hosts, None
        from phlo.config.on_swarm import place_on_swarm

        where = self.file.document.where("services", name)
        return place_on_swarm(name, hosts, self.swarms, self.inventory, where=where)

    def _check_on_swarm(self, container: Container, service: ResolvedService, place: SwarmPlace) -> None:
        from phlo.config.on_swarm import check_on_swarm

        volumes = volume_specs(self.name, self.file, [container])
        check_on_swarm(container, service.compose, place, service.files, lambda key: driver_of(volumes.get(key)))

    def _wanted_hosts(self, name: str) -> tuple[str, ...]:
        if by_group := self.inventory.placed(name):
            return by_group
        override = self.file.config.services.overrides().get(name)
        if override and override.hosts:
            return self.inventory.select(
                tuple(override.hosts), where=self.file.document.where("services", name, "hosts")
            )
        if len(self.inventory.hosts) == 1:
            return tuple(self.inventory.hosts)
        from phlo.config.on_hosts import not_placed

        raise not_placed(name, self.inventory, self.file.document.where("services", name))

    def _values(self) -> dict[str, Value]:
        names = {*self.variables.names, *self.variables.environment_read}
        found = {name: self.variables.known_value(name) for name in sorted(names)}
        return {name: value for name, value in found.items() if value is not None}

    def _inputs(self, chosen: Sequence[Container]) -> tuple[Path, ...]:
        env_file_paths = (path for container in chosen for path in container.env_files)
        compose_paths = (path for container in chosen for path in container.compose.read_files)
        every = (
            self.file.path,
            *env_files(self.root),
            *self.inventory.inputs,
            *self.catalog.inputs,
            *env_file_paths,
            *compose_paths,
            *self.sources.read,
            *self.read,
        )
        return tuple(dict.fromkeys(every))


def _swarms(inventory: Inventory) -> tuple[Swarm, ...]:
    if not inventory.groups:
        return ()
    from phlo.inventory.swarms import swarms

    return swarms(inventory)


def _placeholder() -> Secret:
    return Secret(PLACEHOLDER)


def _name(given: str | None, variables: Variables, file: ProjectFile, root: Path) -> str:
    if given is not None:
        return checked_name(given, root, where="--project-name")
    if (value := variables.value(NAME_VARIABLE)) and value.text:
        return checked_name(value.text, root, where=f"{value.source} {NAME_VARIABLE}")
    return checked_name(file.config.name, root, where=file.document.where("name"))


def _is_one_shot(container: Container) -> bool:
    """Whether a service runs to completion: its role says so, or in the end nothing restarts it."""
    definition, restart = container.definition, container.compose.restart
    if definition.one_shot is not None:
        return definition.one_shot
    return definition.name.endswith(("-setup", "_setup")) or (restart is not None and restart.name == "no")


def _literal_secrets(file: ProjectFile, names: frozenset[str]) -> list[str]:
    given = file.config.env or {}
    return [
        literal_secret_warning(file.document.where("env", str(name)), str(name))
        for name, value in given.items()
        if str(name) in names and value is not None and "$" not in str(value)
    ]


def _secrets_in(values: Mapping[str, Value], services: Mapping[str, ResolvedService]) -> tuple[Secret, ...]:
    """Every text that must not be shown, besides constants that roles publish."""
    found = {value.text for value in values.values() if isinstance(value.text, Secret)}
    for value in values.values():
        found |= {text for text, source in value.losers if isinstance(text, Secret) and source.layer != ROLE_DEFAULTS}
    # Of a secret of several lines (a key in PEM, say) a log shows one at a time.
    lines = {line.strip() for secret in found for line in secret.reveal().splitlines()}
    found |= {Secret(line) for line in lines if len(line) >= SHORTEST_LINE}
    for service in services.values():
        found |= {text for text in service.compose.environment.values() if isinstance(text, Secret)}
        found |= {spec.content for spec in service.files if isinstance(spec.content, Secret)}
    found |= {Secret(secret.reveal().strip()) for secret in found}
    return tuple(secret for secret in sorted(found, key=Secret.reveal) if secret.reveal() not in ("", PLACEHOLDER))
