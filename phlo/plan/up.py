"""From a resolved project to the steps that bring it up, without asking any host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from phlo.config.project import Condition, Dependency, Project, ResolvedService
from phlo.frozen import replace
from phlo.images.registries import Registries
from phlo.operations import container, file, image, network, orphans, preflight, restart, volume, wait
from phlo.plan.conflicts import refuse_conflicts
from phlo.plan.container_body import container_body, network_attachments
from phlo.plan.graph import Plan, ordered
from phlo.plan.hooks import around_stop, hook_ids, hook_steps
from phlo.plan.options import Options
from phlo.plan.orchestrator import orchestrator_of
from phlo.values import Rollout, Step


def build(project: Project, options: Options | None = None) -> Plan:
    """The steps of `up`: networks, volumes and images wait for nothing, a container for what its service depends on.

    Raises PlanError for what cannot go together, see `refuse_conflicts`.
    """
    options = options or Options()
    steps: list[Step] = []
    projects = _Projects(options)
    refuse_conflicts(project)
    for host, names in project.placed().items():
        first = len(steps)
        made = projects.of(project.on(host))
        services = [made.project.services[name] for name in names if name in made.project.services]
        if services and (placement := services[0].placement):  # all have one: the host is the manager of a cluster
            orchestrator = orchestrator_of(placement.orchestrator)
            steps += orchestrator.up_steps(made.project, services, host, options, made.image_of)
            continue
        steps += _host_steps(made.project, services, host)
        builders = [
            _Builder(made, service, host)
            for service in services
            if options.only is None or service.name in options.only
        ]
        if builders:
            steps.append(_preflight_step(project.name, builders, host))
        for builder in builders:
            steps += builder.steps()
        steps.append(_orphans_step(made.project, services, host, options, tuple(step.id for step in steps[first:])))
    if not steps:
        steps = [_orphans_step(project.on(host), (), host, options, ()) for host in options.hosts]
    known = {step.id for step in steps}
    steps = [_without_unknown(step, known) for step in steps]
    return Plan(
        title="up",
        project=project.name,
        steps=ordered(steps),
        warnings=(*project.warnings, *_unheeded(project)),
        secrets=project.secrets,
    )


def _without_unknown(step: Step, known: set[str]) -> Step:
    """A step without needs on steps that this run leaves out (`--no-deps`)."""
    needed = tuple(dict.fromkeys(need for need in step.after if need in known))
    return step if needed == step.after else replace(step, after=needed)


def _host_steps(project: Project, services: Sequence[ResolvedService], host: str) -> Iterator[Step]:
    """Networks and volumes that the host's services use."""
    for key in sorted({attached.key for service in services for attached in service.compose.networks}):
        spec = project.networks[key]
        arguments = network.Args(
            name=spec.name, project=project.name, options=spec.options, is_external=spec.is_external
        )
        yield Step(host=host, service="", name=f"network:{key}", operation="network", args=arguments)
    for key in sorted({key for service in services for key in _named_volumes(service)}):
        volume_spec = project.volumes[key]
        volume_args = volume.Args(
            name=volume_spec.name,
            project=project.name,
            options=volume_spec.options,
            is_external=volume_spec.is_external,
            seed=volume_spec.seed,
            families=families_of(services, key),
        )
        yield Step(host=host, service="", name=f"volume:{key}", operation="volume", args=volume_args)


def families_of(services: Sequence[ResolvedService], volume_key: str) -> tuple[str, ...]:
    """The images of the services that write to a volume, without their versions."""
    users = [
        service
        for service in services
        if any(mount.source == volume_key and mount.type == "volume" for mount in service.compose.volumes)
    ]
    return tuple(dict.fromkeys(service.image.family for service in users if service.image.family))


class _Projects:
    """What is made once of a project for all hosts that have the same."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._registries = Registries()
        self._rollouts: dict[str, Rollout | None] = {}
        self._made: dict[int, _Made] = {}

    def of(self, project: Project) -> _Made:
        if id(project) not in self._made:
            self._made[id(project)] = _Made(project, self._options, self._registries, self._rollouts)
        return self._made[id(project)]


class _Made:
    """The arguments of a project's steps: the same for every host, so there is one of each."""

    def __init__(
        self, project: Project, options: Options, registries: Registries, rollouts: dict[str, Rollout | None]
    ) -> None:
        self.project = project
        self.options = options
        self._rollouts = rollouts
        self._registries = registries
        self._volumes = {key: spec.name for key, spec in project.volumes.items()}
        self._networks = {key: spec.name for key, spec in project.networks.items()}
        self._names = {other.name: container_name(project, other, 1) for other in project.services.values()}
        self._containers: dict[tuple[str, int, str], container.Args] = {}
        self._images: dict[str, image.Args] = {}
        self._places = {
            name: {host: place for place, host in enumerate(service.hosts)}
            for name, service in project.services.items()
        }

    def is_placed(self, service: ResolvedService, host: str) -> bool:
        return host in self._places[service.name]

    def index_of(self, service: ResolvedService, instance: int, host: str) -> int:
        return self._places[service.name][host] * service.scale + instance - 1

    def rollout_of(self, service: ResolvedService) -> Rollout | None:
        """How the service's instances are replaced; None where there is only one, or nothing that keeps running."""
        if service.name not in self._rollouts:
            self._rollouts[service.name] = _rollout(service)
        return self._rollouts[service.name]

    def image_of(self, service: ResolvedService) -> image.Args:
        if service.name not in self._images:
            self._images[service.name] = image.Args(source=service.image, registries=self._registries)
        return self._images[service.name]

    def container_of(self, service: ResolvedService, instance: int, host: str) -> container.Args:
        key = (service.name, instance, host if host in service.cross_host_endpoints else "")
        if key not in self._containers:
            self._containers[key] = self._container(service, instance, host)
        return self._containers[key]

    def _container(self, service: ResolvedService, instance: int, host: str) -> container.Args:
        compose = service.compose_on(host)
        used = (self.project.services.get(name) for name in compose.shared_services)
        return container.Args(
            project=self.project.name,
            service=service.name,
            instance=instance,
            name=container_name(self.project, service, instance),
            image=service.image,
            body=container_body(
                compose,
                volume_names=self._volumes,
                network_names=self._networks,
                container_names=self._names,
            ),
            networks=network_attachments(
                compose,
                service_name=service.name,
                network_names=self._networks,
                container_names=self._names,
            ),
            files=service.files,
            is_one_shot=service.one_shot,
            may_end=service.may_end and not service.one_shot,
            healthy_wanted_at=service.healthy_wanted_at,
            is_forced=service.name in self.options.recreate,
            is_requested=service.is_requested,
            starts_first=service.compose.update.starts_first and not service.one_shot,
            gate_timeout_seconds=self.options.gate_timeout_seconds,
            around_stop=around_stop(self.project, service),
            protection=self.options.protection,
            needs=service.needs,
            owners=tuple(self.container_of(other, 1, host) for other in used if other and self.is_placed(other, host)),
        )


def preflight_id(host: str) -> str:
    """The step that looks whether everything can start on a host, before anything that runs there is stopped."""
    return f"{host}//preflight"


def _preflight_step(project: str, builders: Sequence[_Builder], host: str) -> Step:
    arguments = preflight.Args(
        project=project, containers=tuple(args for builder in builders for args in builder.containers())
    )
    return Step(host=host, service="", name="preflight", operation="preflight", args=arguments)


class _Builder:
    """The steps of one service on one host."""

    def __init__(self, made: _Made, service: ResolvedService, host: str) -> None:
        self.made = made
        self.project, self.options = made.project, made.options
        self.service = service
        self.host = host

    def steps(self) -> Iterator[Step]:
        service, host = self.service, self.host
        image_args = self.made.image_of(service)
        yield Step(host=host, service=service.name, name="image", operation="image", args=image_args)
        containers, gates = [], []
        for instance in range(1, service.scale + 1):
            made, gate = self._instance(instance)
            containers.append(made.id)
            gates.append(gate.id)
            yield made
            suffix = _suffix(service, instance)
            again = self._restart(made, suffix)
            if again is not None:
                gate = replace(gate, after=(*gate.after, again.id))
                yield again
            yield gate
            yield from self._live_files(made, gate, suffix)
        made_of = (self.project, service, host)
        yield from hook_steps(*made_of, "pre_start", after=self._needs(), when_pending=tuple(containers))
        yield from hook_steps(*made_of, "post_start", after=tuple(gates), when_changed=tuple(containers))

    def containers(self) -> Iterator[container.Args]:
        """The arguments of the service's containers on the host."""
        for instance in range(1, self.service.scale + 1):
            yield self.made.container_of(self.service, instance, self.host)

    def _instance(self, instance: int) -> tuple[Step, Step]:
        service, host = self.service, self.host
        args = self.made.container_of(service, instance, host)
        suffix = _suffix(service, instance)
        made = Step(
            name=f"container{suffix}",
            host=host,
            service=service.name,
            operation="container",
            args=args,
            after=(*self._needs(), *hook_ids(service, host, "pre_start")),
            rollout=self.made.rollout_of(service),
            index=self.made.index_of(service, instance, host),
        )
        gate_args = wait.Args(
            container=args.name,
            service=service.name,
            is_one_shot=service.one_shot,
            timeout_seconds=self.options.gate_timeout_seconds,
        )
        gate = Step(
            name=f"ready{suffix}",
            host=host,
            service=service.name,
            operation="wait",
            args=gate_args,
            after=(made.id,),
            gate=True,
        )
        return made, gate

    def _restart(self, made: Step, suffix: str) -> Step | None:
        """The step that restarts a container because one that it depends on was recreated."""
        others = [self.project.services.get(need.service) for need in self.service.depends_on if need.restart]
        near = [other for other in others if other is not None and self.made.is_placed(other, self.host)]
        if not near or self.service.one_shot:
            return None
        dependencies = tuple(
            self.made.container_of(other, instance, self.host)
            for other in near
            for instance in range(1, other.scale + 1)
        )
        return Step(
            name=f"restart{suffix}",
            host=self.host,
            service=self.service.name,
            operation="restart",
            args=restart.Args(own=made.args, dependencies=dependencies),
            after=(made.id,),
        )

    def _live_files(self, made: Step, gate: Step, suffix: str) -> Iterator[Step]:
        """The step that keeps the files up to date that the service reads again without a restart."""
        files = tuple(spec for spec in self.service.files if spec.is_live)
        if files:
            yield Step(
                name=f"files{suffix}",
                host=self.host,
                service=self.service.name,
                operation="file",
                args=file.Args(container=made.args.name, files=files),
                after=(gate.id,),
            )

    def _needs(self) -> tuple[str, ...]:
        service, host = self.service, self.host
        needs = [preflight_id(host), self._id("image")]
        needs += [f"{host}//network:{attached.key}" for attached in service.compose.networks]
        needs += [f"{host}//volume:{key}" for key in _named_volumes(service)]
        for dependency in service.depends_on:
            needs += self._steps_of(dependency)
        return tuple(needs)

    def _steps_of(self, dependency: Dependency) -> Iterator[str]:
        """The steps to wait for: of the same host where the other service is there too, else of all its hosts."""
        other = self.project.services.get(dependency.service)
        if other is None:  # not enabled, and not required (the resolver refused it otherwise)
            return
        operation = "container" if dependency.condition is Condition.STARTED else "ready"
        for place in (self.host,) if self.made.is_placed(other, self.host) else other.hosts:
            for instance in range(1, other.scale + 1):
                yield f"{place}/{other.name}/{operation}{_suffix(other, instance)}"
                if other.name in self.service.compose.shared_services:
                    yield f"{place}/{other.name}/restart{_suffix(other, instance)}"
            if dependency.condition is not Condition.STARTED:
                yield from hook_ids(other, place, "post_start")

    def _id(self, operation: str) -> str:
        return f"{self.host}/{self.service.name}/{operation}"


def _unheeded(project: Project) -> Iterator[str]:
    """What services ask for that no step does."""
    for service in project.services.values():
        for need in service.depends_on:
            other = project.services.get(need.service)
            if need.restart and other is not None and not set(service.hosts) & set(other.hosts):
                yield f"{service.name}: depends_on.{other.name}.restart has no effect between hosts"


def _rollout(service: ResolvedService) -> Rollout | None:
    update, count = service.compose.update, len(service.hosts) * service.scale
    if count < 2 or service.one_shot:
        return None
    return Rollout(
        gates=tuple(
            f"{host}/{service.name}/ready{_suffix(service, instance)}"
            for host in service.hosts
            for instance in range(1, service.scale + 1)
        ),
        images=tuple(f"{host}/{service.name}/image" for host in service.hosts),
        parallelism=update.parallelism,
        delay_seconds=update.delay_seconds,
        allowed_failures=update.allowed_failures(count),
    )


def _suffix(service: ResolvedService, instance: int) -> str:
    """What tells the steps of a service's instances apart."""
    return f":{instance}" if service.scale > 1 else ""


def container_name(project: Project, service: ResolvedService, instance: int) -> str:
    """What a service's container is called; Docker Compose would call it the same."""
    return service.compose.container_name or f"{project.name}-{service.name}-{instance}"


def _named_volumes(service: ResolvedService) -> tuple[str, ...]:
    """Keys of the volumes that a service mounts by name."""
    mounts = service.compose.volumes
    return tuple(sorted({mount.source for mount in mounts if mount.type == "volume" and mount.source}))


def _orphans_step(
    project: Project, services: Sequence[ResolvedService], host: str, options: Options, after: tuple[str, ...]
) -> Step:
    scales = {service.name: service.scale for service in services}
    known, optional = optional_services(project)
    arguments = orphans.Args(
        project=project.name,
        scales=scales,
        known=known,
        optional=optional,
        ignored=frozenset() if options.only is None else frozenset({*project.services, *project.absent}),
        elsewhere={name: one.runs_on for name, one in project.services.items() if name not in scales},
        is_removed=options.remove_orphans,
    )
    return Step(host=host, service="", name="orphans", operation="orphans", args=arguments, after=after)


def optional_services(project: Project) -> tuple[frozenset[str], frozenset[str]]:
    """Services that are not part of this run and whose containers may stay: those of profiles, and the others."""
    absent = {name: absence for name, absence in project.absent.items() if not absence.is_disabled}
    of_profiles = frozenset(name for name, absence in absent.items() if absence.is_optional)
    return of_profiles, frozenset(absent) - of_profiles
