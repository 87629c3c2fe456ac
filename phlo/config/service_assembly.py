"""The services of a run with everything that belongs to each: container, image, files, hooks, hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.compose.interpolate import interpolate_all
from phlo.config.capabilities import Wiring
from phlo.config.capability_types import is_collected
from phlo.config.conditions import Conditions, check_one_shot
from phlo.config.containers import Container, Containers
from phlo.config.control import control_data
from phlo.config.files import ContainerFiles, role_outputs
from phlo.config.images import Images, built_images, named_registries
from phlo.config.layers import Variables
from phlo.config.project import Dependency, Hook, ResolvedService
from phlo.config.project_file import ProjectFile
from phlo.config.resources import driver_of, volume_specs
from phlo.config.selection import Selection
from phlo.discovery.definition import ServiceDefinition
from phlo.errors import PhloError, first_of
from phlo.frozen import dataclass, field, replace
from phlo.image_source import BuildRecipe, ImagePolicy
from phlo.inventory.hosts import Inventory
from phlo.values import FileSpec, ImageNeeds, Secret

if TYPE_CHECKING:
    from phlo.compose.model import ComposeService
    from phlo.config.across_hosts import CrossHostEndpoints
    from phlo.config.project import Placement, VolumeSpec
    from phlo.config.remote_binds import BindUpload
    from phlo.inventory.clusters import Cluster


@dataclass(slots=True, kw_only=True)
class ServiceAssembly:
    """Puts the services together.

    name:   the project's. policy: where images come from. bases, cache: see `phlo.config.request.Machine`.
    needs_files: whether the files for containers are read.
    read:   gets every file that was read. seeded: gets the folders that are volumes on other hosts.
    """

    name: str
    root: Path
    file: ProjectFile
    inventory: Inventory
    definitions: Mapping[str, ServiceDefinition]
    variables: Variables
    containers: Containers
    selection: Selection
    wiring: Wiring
    policy: ImagePolicy
    bases: Callable[[Iterable[BuildRecipe]], Mapping[str, Any]]
    cache: Path | None = None
    clusters: tuple[Cluster, ...] = ()
    needs_files: bool = True
    read: list[Path] = field(default_factory=list)
    seeded: dict[str, VolumeSpec] = field(default_factory=dict)

    def services(self, chosen: Sequence[Container], outputs: Mapping[str, bytes]) -> dict[str, ResolvedService]:
        """Every chosen service. Raises ConfigError with everything that is wrong in them.

        outputs: the files that roles write below the project's folder.
        """
        selection, wiring = self.selection, self.wiring
        enabled = {name: self.containers.of(self.definitions[name]) for name in selection.enabled}
        files = ContainerFiles(root=self.root, file=self.file, variables=self.variables)
        images = Images(
            project=self.name,
            file=self.file,
            variables=self.variables,
            policy=self.policy,
            written={self.root / path: content for path, content in outputs.items()},
            built=built_images(enabled.values()),
            registries=named_registries(self.file, self.variables),
            files=files if self.needs_files else None,
        )
        conditions = Conditions(enabled)
        control = self._control(images)
        found: dict[str, ResolvedService] = {}
        errors: list[PhloError] = []
        self._check_placed(container.definition.name for container in chosen)
        met, uploads = self._across_hosts()
        for container in chosen:
            name = container.definition.name
            facts = wiring.seen_by(container.definition)
            try:
                hosts, place = self._placed(name)
                taken = uploads.get(name)
                check_one_shot(container)
                found[name] = ResolvedService(
                    name=name,
                    definition=container.definition,
                    compose=self._with_uploads(container.compose, taken) if taken else container.compose,
                    image=images.of(container),
                    depends_on=_dependencies(container, selection, conditions),
                    one_shot=conditions.is_one_shot(name),
                    may_end=conditions.may_end(name),
                    healthy_wanted_at=conditions.healthy_wanted_at(name),
                    scale=1 if container.compose.scale is None else container.compose.scale,
                    files=self._files(container, files, facts, control, taken),
                    hooks=self._hooks(container.definition),
                    hosts=hosts,
                    cross_host_endpoints=met.get(name, {}),
                    placement=place,
                    reason=selection.chosen[name],
                    is_requested=name in selection.requested,
                    facts=facts,
                    sources=container.merged.sources(),
                    needs=self._needs(container.definition),
                )
                if place is not None:
                    self._check_in_cluster(container, found[name], place)
            except PhloError as error:
                errors.append(error)
        if errors:
            raise first_of(errors)
        self.read += files.read
        return found

    def _with_uploads(self, compose: ComposeService, upload: BindUpload) -> ComposeService:
        """A service without the mounts whose files are uploaded, and with volumes for the folders that it writes to."""
        from phlo.config.writable_binds import as_volume, volume_of

        for folder in upload.folders:
            spec = volume_of(folder, self.name, self.root)
            self.seeded[spec.key] = spec
        volumes = tuple(
            as_volume(mount, self.root) if mount.source and Path(mount.source) in upload.folders else mount
            for mount in compose.volumes
            if mount.target not in upload.targets
        )
        return replace(compose, volumes=volumes)

    def _across_hosts(self) -> tuple[CrossHostEndpoints, Mapping[str, BindUpload]]:
        """What services on different hosts need to find each other, and the files that are uploaded for their mounts.

        Services that this run is not about are included.
        """
        selection, wiring = self.selection, self.wiring
        hosts = list(self.inventory.hosts.values())
        if len(hosts) == 1 and hosts[0].docker_host is None and hosts[0].docker_context is None:
            return {}, {}
        from phlo.config.across_hosts import cross_host_endpoints
        from phlo.config.remote_binds import bind_uploads

        containers = {name: self.containers.of(self.definitions[name]) for name in selection.enabled}
        definitions = [container.definition for container in containers.values()]
        taken = bind_uploads(
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
        if self.clusters:
            from phlo.config.cluster_rules import check_between

            places = {name: self._placed(name)[1] for name in containers}
            check_between(needs, places, lambda name: containers[name].merged.where())
        return cross_host_endpoints(containers, needs, self._hosts, self.inventory), taken

    def _installed(self) -> str:
        from phlo.config.installed import installed_archive

        return installed_archive(self.cache)

    def _control(self, images: Images) -> Callable[[], Secret]:
        def control() -> Secret:
            sources = [images.of(self.containers.of(self.definitions[name])) for name in self.selection.enabled]
            bases = self.bases([source.recipe for source in sources if source.recipe])
            return control_data(self.name, self.variables, bases)

        return control

    def _files(
        self,
        container: Container,
        files: ContainerFiles,
        facts: Mapping[str, Any],
        control: Callable[[], Secret],
        upload: BindUpload | None,
    ) -> tuple[FileSpec, ...]:
        if not self.needs_files:
            return ()
        definition = container.definition
        names = dict(facts)
        names["service"] = {
            "name": definition.name,
            "description": definition.description,
            "category": definition.category,
            "version": definition.version,
        }
        names["project"] = {"name": self.name}
        names["phlo_installed"] = self._installed
        names["phlo_control"] = control
        return files.of(container, names, upload.files if upload else ())

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

    def _needs(self, definition: ServiceDefinition) -> ImageNeeds | None:
        """What a service relies on in its image: as phlo.yaml says, else as the role does."""
        override = self.file.config.services.overrides().get(definition.name)
        if override is not None and override.needs is not None:
            needs, where = override.needs, self.file.document.where("services", definition.name, "needs")
        elif definition.needs is not None:
            needs, where = definition.needs, definition.where("needs")
        else:
            return None
        return ImageNeeds(user=needs.user, data=needs.data, programs=needs.programs, where=where)

    def _hosts(self, name: str) -> tuple[str, ...]:
        return self._placed(name)[0]

    def _placed(self, name: str) -> tuple[tuple[str, ...], Placement | None]:
        """The hosts of a service, and where in a cluster it is."""
        hosts = self._wanted_hosts(name)
        if not self.clusters:
            return hosts, None
        from phlo.config.cluster_rules import place

        where = self.file.document.where("services", name)
        return place(name, hosts, self.clusters, self.inventory, where=where)

    def _check_in_cluster(self, container: Container, service: ResolvedService, place: Placement) -> None:
        from phlo.config.cluster_rules import rules_of

        volumes = volume_specs(self.name, self.file, [container])
        rules_of(place.orchestrator).check(
            container, service.compose, place, service.files, lambda key: driver_of(volumes.get(key))
        )

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
        return ()

    def _check_placed(self, names: Iterable[str]) -> None:
        """Raise ConfigError for all services without a host."""
        missing = [name for name in names if not self._wanted_hosts(name)]
        if missing:
            from phlo.config.on_hosts import not_placed

            raise first_of(not_placed(missing, self.inventory, lambda name: self.file.document.where("services", name)))


def _dependencies(container: Container, selection: Selection, conditions: Conditions) -> tuple[Dependency, ...]:
    found: dict[str, Dependency] = {}
    for other, entry in container.compose.depends_on.items():
        if other in selection.chosen:
            found[other] = Dependency(
                service=other,
                condition=conditions.of(container, other),
                required=entry["required"],
                restart=entry["restart"],
            )
    for capability in (*container.definition.requires, *container.definition.wants):
        provider = selection.providers.get(capability)
        if provider in selection.chosen and provider not in (None, container.definition.name):
            found.setdefault(provider, Dependency(service=provider, condition=conditions.of(container, provider)))
    return tuple(found[other] for other in sorted(found))
