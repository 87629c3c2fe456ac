"""From a resolved project to the steps that bring it up, without asking any host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from phlo.config.project import Condition, Dependency, Project, ResolvedService
from phlo.frozen import dataclass, replace
from phlo.images.registries import Registries
from phlo.operations import container, file, image, network, orphans, restart, volume, wait
from phlo.plan.clashes import refuse_clashes
from phlo.plan.container_body import container_body, network_attachments
from phlo.plan.graph import Plan, ordered
from phlo.plan.hooks import around_stop, hook_ids, hook_steps
from phlo.values import Rollout, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a project is brought up.

    recreate: services to make anew though nothing differs. only: services whose containers are converged, None
    for all of the project. remove_orphans: remove containers of services that are no longer there.
    gate_timeout_seconds: how long a service may take to work.
    """

    recreate: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    remove_orphans: bool = False
    gate_timeout_seconds: float = 300.0


def build(project: Project, options: Options | None = None) -> Plan:
    """The steps of `up`: networks, volumes and images wait for nothing, a container for what its service depends on.

    Raises PlanError for what cannot go together, see `refuse_clashes`.
    """
    options = options or Options()
    steps: list[Step] = []
    projects = _Projects(options)
    refuse_clashes(project)
    for host, names in project.placed().items():
        first = len(steps)
        made = projects.of(project.on(host))
        services = [made.project.services[name] for name in names if name in made.project.services]
        if any(service.place for service in services):  # then all are: the host stands for its Swarm
            from phlo.plan.swarm import swarm_steps

            steps += swarm_steps(made.project, services, host, options, made.image_of)
            continue
        steps += _host_steps(made.project, services, host)
        for service in services:
            if options.only is None or service.name in options.only:
                steps += _Builder(made, service, host).steps()
        steps.append(_orphans_step(made.project, services, host, options, tuple(step.id for step in steps[first:])))
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
        yield Step(id=f"{host}//network:{key}", host=host, service="", operation="network", args=arguments)
    for key in sorted({key for service in services for key in _named_volumes(service)}):
        volume_spec = project.volumes[key]
        volume_args = volume.Args(
            name=volume_spec.name,
            project=project.name,
            options=volume_spec.options,
            is_external=volume_spec.is_external,
            seed=volume_spec.seed,
        )
        yield Step(id=f"{host}//volume:{key}", host=host, service="", operation="volume", args=volume_args)


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

    def place_of(self, service: ResolvedService, instance: int, host: str) -> int:
        return self._places[service.name][host] * service.scale + instance - 1

    def rollout_of(self, service: ResolvedService) -> Rollout | None:
        """How the service's instances are replaced; None where there is only one, or nothing that goes on running."""
        if service.name not in self._rollouts:
            self._rollouts[service.name] = _rollout(service)
        return self._rollouts[service.name]

    def image_of(self, service: ResolvedService) -> image.Args:
        if service.name not in self._images:
            self._images[service.name] = image.Args(source=service.image, registries=self._registries)
        return self._images[service.name]

    def container_of(self, service: ResolvedService, instance: int, host: str) -> container.Args:
        key = (service.name, instance, host if host in service.meetings else "")
        if key not in self._containers:
            self._containers[key] = self._container(service, instance, host)
        return self._containers[key]

    def _container(self, service: ResolvedService, instance: int, host: str) -> container.Args:
        compose = service.compose_on(host)
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
            is_forced=service.name in self.options.recreate,
            starts_first=service.compose.update.starts_first and not service.one_shot,
            gate_timeout_seconds=self.options.gate_timeout_seconds,
            around_stop=around_stop(self.project, service),
        )


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
        yield Step(id=self._id("image"), host=host, service=service.name, operation="image", args=image_args)
        containers, gates = [], []
        for instance in range(1, service.scale + 1):
            made, gate = self._instance(instance)
            containers.append(made.id)
            gates.append(gate.id)
            yield made
            again = self._restart(made)
            if again is not None:
                gate = replace(gate, after=(*gate.after, again.id))
                yield again
            yield gate
            yield from self._live_files(made, gate)
        made_of = (self.project, service, host)
        yield from hook_steps(*made_of, "pre_start", after=self._needs(), when_pending=tuple(containers))
        yield from hook_steps(*made_of, "post_start", after=tuple(gates), when_changed=tuple(containers))

    def _instance(self, instance: int) -> tuple[Step, Step]:
        service, host = self.service, self.host
        args = self.made.container_of(service, instance, host)
        suffix = _suffix(service, instance)
        made = Step(
            id=self._id(f"container{suffix}"),
            host=host,
            service=service.name,
            operation="container",
            args=args,
            after=(*self._needs(), *hook_ids(service, host, "pre_start")),
            rollout=self.made.rollout_of(service),
            place=self.made.place_of(service, instance, host),
        )
        gate_args = wait.Args(
            container=args.name,
            service=service.name,
            is_one_shot=service.one_shot,
            timeout_seconds=self.options.gate_timeout_seconds,
        )
        gate = Step(
            id=self._id(f"ready{suffix}"),
            host=host,
            service=service.name,
            operation="wait",
            args=gate_args,
            after=(made.id,),
            gate=True,
        )
        return made, gate

    def _restart(self, made: Step) -> Step | None:
        """The step that restarts a container because one that it depends on was made anew."""
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
            id=made.id.replace("/container", "/restart"),
            host=self.host,
            service=self.service.name,
            operation="restart",
            args=restart.Args(own=made.args, dependencies=dependencies),
            after=(made.id,),
        )

    def _live_files(self, made: Step, gate: Step) -> Iterator[Step]:
        """The step that keeps the files up to date that the service reads again by itself."""
        files = tuple(spec for spec in self.service.files if spec.is_live)
        if files:
            yield Step(
                id=gate.id.replace("/ready", "/files"),
                host=self.host,
                service=self.service.name,
                operation="file",
                args=file.Args(container=made.args.name, files=files),
                after=(gate.id,),
            )

    def _needs(self) -> tuple[str, ...]:
        service, host = self.service, self.host
        needs = [self._id("image")]
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
    known = {name for name, absence in project.absent.items() if not absence.is_disabled}
    if options.only is not None:
        known |= {*project.services, *project.absent}
    scales = {service.name: service.scale for service in services}
    arguments = orphans.Args(
        project=project.name, scales=scales, known=frozenset(known), is_removed=options.remove_orphans
    )
    return Step(id=f"{host}//orphans", host=host, service="", operation="orphans", args=arguments, after=after)
