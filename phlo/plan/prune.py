"""Plans that remove what no service wants any more, also on hosts that a service has left."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from phlo.config.project import Project, ResolvedService
from phlo.discovery.definition import ServiceDefinition
from phlo.inventory.clusters import Cluster
from phlo.operations import absent, orphans
from phlo.operations.protection import NO_PROTECTION, Protection
from phlo.plan.graph import Plan, ordered
from phlo.plan.orchestrator import orchestrator_of
from phlo.plan.up import optional_services
from phlo.values import Step

_CAUSE = "no service here uses it"
_VOLUME_KEY = re.compile(r"[a-zA-Z0-9][\w.-]*")


def build_prune(
    project: Project,
    hosts: Iterable[str],
    *,
    with_volumes: bool = False,
    clusters: Mapping[str, Cluster] | None = None,
    protection: Protection = NO_PROTECTION,
) -> Plan:
    """The steps of `prune` on hosts of the inventory: containers, then networks, and volumes when asked for.

    What a service of a profile has left stays: it may be asked for the next time.

    protection: the volumes that are not removed.
    clusters: manager -> its cluster, whose services go first, or it would start their containers again.
    """
    hosts = tuple(hosts)
    steps: list[Step] = []
    before: dict[str, str] = {}
    for manager, cluster in (clusters or {}).items():
        if manager in hosts:
            services = project.services.values()
            inside = [service for service in services if service.placement and manager in service.hosts]
            first = orchestrator_of(cluster.orchestrator).orphans_step(project, inside, manager, is_removed=True)
            steps.append(first)
            before |= dict.fromkeys(cluster.nodes, first.id)
    for host in hosts:
        after = (before[host],) if host in before else ()
        steps += _host_steps(project.on(host), host, after, with_volumes=with_volumes, protection=protection)
    return Plan(title="prune", project=project.name, steps=ordered(steps), secrets=project.secrets)


def _host_steps(
    project: Project, host: str, after: tuple[str, ...], *, with_volumes: bool, protection: Protection
) -> Iterator[Step]:
    services = [service for service in project.services.values() if host in (*service.hosts, *service.runs_on)]
    waiting = {name: one.definition for name, one in project.absent.items() if not one.is_disabled}
    known, optional = optional_services(project)
    containers = Step(
        name="containers",
        host=host,
        service="",
        operation="orphans",
        args=orphans.Args(
            project=project.name,
            scales={service.name: service.scale for service in services},
            known=known,
            optional=optional,
            elsewhere={name: one.runs_on for name, one in project.services.items() if one not in services},
            is_removed=True,
        ),
        after=after,
    )
    yield containers
    kept = {
        "networks": {project.networks[used.key].name for service in services for used in service.compose.networks},
        "volumes": {*_volumes(project, services), *_possible_volumes(project, waiting.values())},
    }
    for kind in ("networks", "volumes") if with_volumes else ("networks",):
        yield Step(
            name=kind,
            host=host,
            service="",
            operation="absent",
            args=absent.Args(
                kind=kind,
                project=project.name,
                others=frozenset(kept[kind]),
                staying=frozenset({service.name for service in services} | set(waiting)),
                scales={service.name: service.scale for service in services},
                protection=protection,
                cause=_CAUSE,
            ),
            after=(containers.id,),
        )


def _volumes(project: Project, services: Iterable[ResolvedService]) -> Iterator[str]:
    return (project.volumes[key].name for service in services for key in service.compose.named_volumes)


def _possible_volumes(project: Project, definitions: Iterable[ServiceDefinition]) -> Iterator[str]:
    """The names that volumes of services have by default, as far as these are known without resolving them."""
    for definition in definitions:
        for entry in definition.compose.get("volumes") or ():
            source = entry.get("source") if isinstance(entry, dict) else str(entry).partition(":")[0]
            if source and _VOLUME_KEY.fullmatch(str(source)):
                yield f"{project.name}_{source}"
