"""The steps of services on a Docker Swarm: on its manager, but for images and volumes, which are on every node."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from phlo.config.project import Condition, NetworkSpec, Placement, Project, ResolvedService
from phlo.errors import PlanError
from phlo.hosts.live import Kept
from phlo.operations import absent, image, network, volume
from phlo.operations.hook import AroundStop
from phlo.operations.protection import Protection
from phlo.plan.hooks import NO_HOOKS, around_stop, hook_ids, hook_steps
from phlo.plan.options import Options
from phlo.plan.orchestrator import Work
from phlo.swarm.body import swarm_body
from phlo.swarm.operations import absent as swarm_absent
from phlo.swarm.operations import power as swarm_power
from phlo.swarm.operations import ready as swarm_ready
from phlo.swarm.operations import rollback as swarm_rollback
from phlo.swarm.operations import service as swarm_service
from phlo.swarm.ports import conflicts as conflicts
from phlo.swarm.ports import port_claims as port_claims
from phlo.values import Step


def up_steps(
    project: Project,
    services: Sequence[ResolvedService],
    manager: str,
    options: Options,
    image_of: Callable[[ResolvedService], image.Args],
) -> Iterator[Step]:
    """The steps of `up` on one Swarm."""
    chosen = [service for service in services if options.only is None or service.name in options.only]
    steps = list(_networks(project, chosen, manager))
    for service in chosen:
        if service.placement is not None:
            steps += _Builder(project, service, service.placement, manager, options, image_of).steps()
    yield from {step.id: step for step in steps}.values()
    yield orphans_step(
        project,
        services,
        manager,
        is_removed=options.remove_orphans,
        is_part=options.only is not None,
        after=tuple(step.id for step in steps),
    )


def service_name(project: str, service: str) -> str:
    """What a service is called in the Swarm; `docker stack` would call it the same."""
    return f"{project}_{service}"


def _networks(project: Project, services: Sequence[ResolvedService], manager: str) -> Iterator[Step]:
    for key in sorted({attached.key for service in services for attached in service.compose.networks}):
        spec = project.networks[key]
        arguments = network.Args(
            name=spec.name,
            project=project.name,
            options={} if spec.is_external else _overlay(spec),
            is_external=spec.is_external,
        )
        yield Step(host=manager, service="", name=f"network:{key}", operation="network", args=arguments)


def _overlay(spec: NetworkSpec) -> dict[str, object]:
    """A network that reaches over all nodes, and that containers may join too."""
    driver = spec.options.get("Driver", "bridge")
    if driver not in ("bridge", "overlay"):
        what = f'the network "{spec.key}" of services on a Swarm has the driver {driver}'
        raise PlanError(what, fix="Use overlay, or leave the driver out.")
    return {**spec.options, "Driver": "overlay", "Attachable": True}


class _Builder:
    """The steps of one service."""

    def __init__(
        self,
        project: Project,
        service: ResolvedService,
        place: Placement,
        manager: str,
        options: Options,
        image_of: Callable[[ResolvedService], image.Args],
    ) -> None:
        self.project, self.service, self.place = project, service, place
        self.manager, self.options, self.image_of = manager, options, image_of
        self.volumes = {key: project.volumes[key] for key in service.compose.named_volumes}

    def steps(self) -> Iterator[Step]:
        service, manager, needs = self.service, self.manager, list(self._needs())
        for step in (*self._images(), *self._volumes()):
            needs.append(step.id)
            yield step
        name = service_name(self.project.name, service.name)
        made = swarm_service.Args(
            project=self.project.name,
            service=service.name,
            name=name,
            image=service.image,
            body=swarm_body(
                service,
                self.place,
                project=self.project.name,
                name=name,
                volume_names={key: spec.name for key, spec in self.project.volumes.items()},
                network_names={key: spec.name for key, spec in self.project.networks.items()},
            ),
            files=service.files,
            is_job=service.one_shot,
            is_forced=service.name in self.options.recreate,
            timeout_seconds=self.options.gate_timeout_seconds,
            around_stop=around_stop(self.project, service),
        )
        identity = f"{manager}/{service.name}/service"
        yield from hook_steps(self.project, service, manager, "pre_start", after=tuple(needs), when_pending=(identity,))
        yield Step(
            host=manager,
            service=service.name,
            name="service",
            operation="swarm_service",
            args=made,
            after=(*needs, *hook_ids(service, manager, "pre_start")),
        )
        gate = swarm_ready.Args(
            name=name,
            service=service.name,
            is_job=service.one_shot,
            timeout_seconds=self.options.gate_timeout_seconds,
        )
        ready = f"{manager}/{service.name}/ready"
        yield Step(
            host=manager,
            service=service.name,
            name="ready",
            operation="swarm_ready",
            args=gate,
            after=(identity,),
            gate=True,
        )
        yield from hook_steps(self.project, service, manager, "post_start", after=(ready,), when_changed=(identity,))

    def _images(self) -> Iterator[Step]:
        """On every node that may run it, and on the manager, which says by its image what the service is made of."""
        for node in dict.fromkeys((self.manager, *self.place.nodes)):
            is_manager = node == self.manager
            yield Step(
                name="image" if is_manager else f"image:{self.service.name}",
                host=node,
                service=self.service.name if is_manager else "",
                operation="image",
                args=self.image_of(self.service),
            )

    def _volumes(self) -> Iterator[Step]:
        for key, spec in self.volumes.items():
            arguments = volume.Args(
                name=spec.name,
                project=self.project.name,
                options=spec.options,
                is_external=spec.is_external,
                seed=spec.seed,
                families=(self.service.image.family,),
            )
            for node in self.place.nodes:
                yield Step(host=node, service="", name=f"volume:{key}", operation="volume", args=arguments)

    def _needs(self) -> Iterator[str]:
        for attached in self.service.compose.networks:
            yield f"{self.manager}//network:{attached.key}"
        for need in self.service.depends_on:
            other = self.project.services.get(need.service)
            if other is not None:
                operation = "service" if need.condition is Condition.STARTED else "ready"
                yield f"{self.manager}/{need.service}/{operation}"
                if need.condition is not Condition.STARTED:
                    yield from hook_ids(other, self.manager, "post_start")


def orphans_step(
    project: Project,
    services: Sequence[ResolvedService],
    manager: str,
    *,
    is_removed: bool,
    is_part: bool = False,
    after: tuple[str, ...] = (),
) -> Step:
    """What is done about services of the project that are none any more. is_part: the run is not about all of it."""
    known = {service.name for service in services}
    known |= {name for name, absence in project.absent.items() if absence.is_optional}
    if is_part:
        known |= {*project.services, *project.absent}
    arguments = swarm_absent.Args(
        kind="services",
        project=project.name,
        others=frozenset(known),
        cause="no such service is enabled in the project on this Swarm",
        is_removed=is_removed,
    )
    return Step(host=manager, service="", name="orphans", operation="swarm_absent", args=arguments, after=after)


def power_steps(
    project: str,
    manager: str,
    service: str,
    state: str,
    replicas: int,
    cause: str,
    around_stop: AroundStop,
    after: tuple[str, ...],
) -> Iterator[Step]:
    """The steps of `start`, `stop` and `restart` for a service: what is started has to be ready."""
    name = service_name(project, service)
    power = Step(
        name="power",
        host=manager,
        service=service,
        operation="swarm_power",
        args=swarm_power.Args(
            service=service, name=name, state=state, replicas=replicas, cause=cause, around_stop=around_stop
        ),
        after=after,
    )
    yield power
    if state != "stopped":
        yield Step(
            name="ready",
            host=manager,
            service=service,
            operation="swarm_ready",
            args=swarm_ready.Args(name=name, service=service),
            after=(power.id,),
            gate=True,
        )


def down_steps(
    project: str,
    manager: str,
    nodes: Collection[str],
    dependencies: Mapping[str, Collection[str]],
    *,
    with_volumes: bool,
    hooks: Mapping[str, AroundStop],
    protection: Protection,
) -> Iterator[Step]:
    """The steps of `down` on one Swarm: a service after those that depend on it, then what is left.

    hooks: service -> the hooks around its stops.
    """
    known: list[str] = []
    for service in dependencies:
        users = [other for other, needs in dependencies.items() if service in needs]
        step = _absent(
            manager,
            service,
            "services",
            project,
            after=[f"{manager}/{other}/services" for other in users],
            around_stop=hooks.get(service, NO_HOOKS),
        )
        known.append(step.id)
        yield step
    rest = _absent(manager, None, "services", project, after=known, others=frozenset(dependencies))
    yield rest
    for kind in ("configs", "secrets", "networks"):
        yield _absent(manager, None, kind, project, after=[rest.id])
    for node in nodes:  # a Swarm leaves the containers of what ran to completion
        left = absent.Args(kind="containers", project=project, with_volumes=with_volumes)
        yield _step_on_node(node, left, rest.id)
        if with_volumes:
            volumes = absent.Args(kind="volumes", project=project, protection=protection)
            yield _step_on_node(node, volumes, f"{node}//containers")


def _step_on_node(node: str, arguments: absent.Args, after: str) -> Step:
    kind = arguments.kind
    return Step(host=node, service="", name=kind, operation="absent", args=arguments, after=(after,))


def _absent(
    host: str,
    service: str | None,
    kind: str,
    project: str,
    *,
    after: Collection[str],
    others: frozenset[str] = frozenset(),
    around_stop: AroundStop = NO_HOOKS,
) -> Step:
    return Step(
        name=kind,
        host=host,
        service=service or "",
        operation="swarm_absent",
        args=swarm_absent.Args(kind=kind, project=project, service=service, others=others, around_stop=around_stop),
        after=tuple(after),
    )


def rollback_work(one: Kept, timeout_seconds: float, around_stop: AroundStop, cause: str) -> tuple[Work, Work]:
    """What puts the version before of a service back, and the gate of that."""
    back = swarm_rollback.Args(
        service=one.service,
        name=one.name,
        made_by=one.made_by,
        cause=cause,
        around_stop=around_stop,
        timeout_seconds=timeout_seconds,
    )
    gate = swarm_ready.Args(name=one.name, service=one.service, timeout_seconds=timeout_seconds)
    return ("swarm_rollback", back), ("swarm_ready", gate)
