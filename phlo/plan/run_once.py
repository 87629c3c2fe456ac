"""The plan of `phlo run-once`: what a service needs, and the container that runs another command in its place."""

from __future__ import annotations

from collections.abc import Mapping

from phlo.compose.model import Mount, Port
from phlo.config.project import Project, ResolvedService
from phlo.frozen import dataclass, field, replace
from phlo.operations import container
from phlo.plan.graph import Plan
from phlo.plan.options import Options
from phlo.plan.up import build
from phlo.values import Step, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOff:
    """How the container differs from those of the service.

    name: of the container. command, entrypoint: None is the service's.
    environment, volumes, ports: added; a value, or a mount at a path, replaces the service's.
    publishes: publish the service's ports as well. has_aliases: other containers find it under the service's names.
    """

    name: str
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[Mount, ...] = ()
    ports: tuple[Port, ...] = ()
    user: str | None = None
    working_dir: str | None = None
    is_terminal: bool = False
    publishes: bool = False
    has_aliases: bool = False


def build_run_once(
    project: Project, service: str, one_off: OneOff, options: Options
) -> tuple[Plan, container.Args, str]:
    """The steps to carry out first, the container to run then, and the name of its host.

    The steps are those of `up` for what the service depends on, with the networks, volumes and the image of the
    service itself. Raises PlanError for what cannot go together, e.g. a port that another service publishes.
    """
    host = project.services[service].hosts[0]
    there = project.on(host)
    changed = _changed(there.services[service], one_off, host)
    plan = build(replace(there, services={**there.services, service: changed}, variants={}), options)
    own = next(step for step in plan.steps if step.service == service and step.operation == "container")
    steps = [_without(service, step) for step in plan.steps if step.service != service or step.operation == "image"]
    steps = [step for step in steps if step.operation != "orphans"]
    known = {step.id for step in steps}
    steps = [replace(step, after=tuple(need for need in step.after if need in known)) for step in steps]
    args: container.Args = own.args
    if not one_off.has_aliases:
        endpoints = [replace(each, endpoint=_without_names(each.endpoint)) for each in args.networks]
        args = replace(args, networks=tuple(endpoints))
    return replace(plan, title=f"run-once {service}", steps=tuple(steps)), args, host


def _without_names(endpoint: Mapping[str, object]) -> Mapping[str, object]:
    return {key: value for key, value in endpoint.items() if key != "Aliases"}


def _without(service: str, step: Step) -> Step:
    """A preflight step that checks nothing of the service itself."""
    if step.operation != "preflight":
        return step
    others = tuple(each for each in step.args.containers if each.service != service)
    return replace(step, args=replace(step.args, containers=others))


def _changed(service: ResolvedService, one_off: OneOff, host: str) -> ResolvedService:
    """The service as the one-off container has it: one instance on one host, which is not restarted.

    What only one container can have is left out: fixed addresses and, unless asked for, the ports.
    """
    compose = service.compose_on(host)
    entrypoint: tuple[Text, ...] | None = compose.entrypoint if one_off.entrypoint is None else one_off.entrypoint
    command: tuple[Text, ...] | None = compose.command if one_off.command is None else one_off.command
    if one_off.entrypoint is not None and one_off.command is None:
        command = ()
    replaced = {mount.target for mount in one_off.volumes}
    changed = replace(
        compose,
        container_name=one_off.name,
        command=command,
        entrypoint=entrypoint,
        environment={**compose.environment, **one_off.environment},
        volumes=(*(mount for mount in compose.volumes if mount.target not in replaced), *one_off.volumes),
        ports=(*(compose.ports if one_off.publishes else ()), *one_off.ports),
        user=one_off.user or compose.user,
        working_dir=one_off.working_dir or compose.working_dir,
        tty=one_off.is_terminal,
        restart=None,
        mac_address=None,
        networks=tuple(
            replace(each, ipv4_address=None, ipv6_address=None, mac_address=None) for each in compose.networks
        ),
    )
    return replace(service, compose=changed, scale=1, hosts=(host,), cross_host_endpoints={})
