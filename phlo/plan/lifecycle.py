"""Plans that take a project down, and that start or stop existing containers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from phlo.config.project import ResolvedService
from phlo.frozen import replace
from phlo.inventory.clusters import Cluster
from phlo.operations import absent, power
from phlo.operations.hook import AroundStop
from phlo.operations.protection import NO_PROTECTION, Protection
from phlo.plan.graph import Plan, ordered
from phlo.plan.hooks import NO_HOOKS
from phlo.plan.orchestrator import orchestrator_of
from phlo.values import Secret, Step

Dependencies = Mapping[str, Collection[str]]
_VERBS = {
    "started": "start",
    "stopped": "stop",
    "restarted": "restart",
    "killed": "kill",
    "paused": "pause",
    "unpaused": "unpause",
}
# States that end or suspend a service: those that depend on it come first, and it is looked for on every host.
_ENDING = ("stopped", "killed", "paused")


def build_down(
    project: str,
    hosts: Iterable[str],
    dependencies: Dependencies,
    *,
    with_volumes: bool = False,
    hooks: Mapping[str, AroundStop] | None = None,
    grace_seconds: int | None = None,
    clusters: Mapping[str, Cluster] | None = None,
    secrets: tuple[Secret, ...] = (),
    protection: Protection = NO_PROTECTION,
) -> Plan:
    """The steps of `down`: a service after all that depend on it, then networks, and volumes when asked for.

    dependencies: service -> services it depends on, of all services known; what the project has besides them on a
    host (services that are gone from the configuration) goes last. hooks: service -> the hooks around its stops.
    grace_seconds: how long a container may take to stop, None: as long as it says itself.
    clusters: manager -> its cluster. protection: the volumes that are not removed.
    """
    steps: list[Step] = []
    for host in hosts:
        if cluster := (clusters or {}).get(host):
            steps += orchestrator_of(cluster.orchestrator).down_steps(
                project,
                host,
                cluster.nodes,
                dependencies,
                with_volumes=with_volumes,
                hooks=hooks or {},
                protection=protection,
            )
            continue
        for service in dependencies:
            users = [other for other, needs in dependencies.items() if service in needs]
            steps.append(
                _absent(
                    host,
                    service,
                    "containers",
                    project,
                    after=[f"{host}/{other}/containers" for other in users],
                    around_stop=replace((hooks or {}).get(service, NO_HOOKS), grace_seconds=grace_seconds),
                    with_volumes=with_volumes,
                )
            )
        named = [step.id for step in steps if step.host == host]
        rest = _absent(
            host,
            None,
            "containers",
            project,
            after=named,
            others=frozenset(dependencies),
            around_stop=AroundStop(grace_seconds=grace_seconds),
            with_volumes=with_volumes,
        )
        networks = _absent(host, None, "networks", project, after=[rest.id])
        steps += [rest, networks]
        if with_volumes:
            steps.append(_absent(host, None, "volumes", project, after=[rest.id], protection=protection))
    return Plan(title="down", project=project, steps=ordered(steps), secrets=secrets)


def _absent(
    host: str,
    service: str | None,
    kind: str,
    project: str,
    *,
    after: Collection[str],
    others: frozenset[str] = frozenset(),
    around_stop: AroundStop = NO_HOOKS,
    with_volumes: bool = False,
    protection: Protection = NO_PROTECTION,
) -> Step:
    return Step(
        name=kind,
        host=host,
        service=service or "",
        operation="absent",
        args=absent.Args(
            kind=kind,
            project=project,
            service=service,
            others=others,
            around_stop=around_stop,
            with_volumes=with_volumes,
            protection=protection,
        ),
        after=tuple(after),
    )


def build_power(
    project: str,
    hosts: Iterable[str],
    dependencies: Dependencies,
    services: Collection[str],
    state: str,
    *,
    hooks: Mapping[str, AroundStop] | None = None,
    grace_seconds: int | None = None,
    restarted_with: Dependencies | None = None,
    places: Mapping[str, Collection[str]] | None = None,
    in_clusters: Mapping[str, ResolvedService] | None = None,
    runs_again: bool = True,
    secrets: tuple[Secret, ...] = (),
    signal: str = "",
) -> Plan:
    """The steps that bring the containers of some services into a state of `operations.power`.

    They start after what they depend on, and stop before it. A restart of one that another has to be restarted with
    (`depends_on.restart`, in `restarted_with`: service -> those services) restarts that too.

    hooks: service -> the hooks around its stops. grace_seconds: as for `build_down`.
    places: service -> the hosts it is on, where that is known; any of them may have left containers to stop on others.
    in_clusters: the services that orchestrators run; their one place is the manager.
    signal: what `killed` sends.
    runs_again: start what has ended and is done with its work, too.
    """
    steps: list[Step] = []
    causes = dict.fromkeys(services, "asked for")
    if state == "restarted":
        causes |= _restarted_too(services, restarted_with or {})
        services = tuple(causes)
    hosts, wanted = tuple(hosts), frozenset(services)

    def hosts_of(service: str) -> Collection[str]:
        is_placed = state not in _ENDING or service in (in_clusters or {})
        return (places or {}).get(service, hosts) if is_placed else hosts

    def gates(others: Iterable[str], host: str) -> Iterator[str]:
        for other in others:
            if other in wanted:
                there = hosts_of(other)
                is_awaited = state != "stopped" and other in (in_clusters or {})
                for place in (host,) if host in there else there:
                    yield f"{place}/{other}/{'ready' if is_awaited else 'power'}"

    for service in services:
        for host in hosts_of(service):
            if state in _ENDING:
                others = [other for other, needs in dependencies.items() if service in needs]
            else:
                others = list(dependencies.get(service, ()))
            around_stop = replace((hooks or {}).get(service, NO_HOOKS), grace_seconds=grace_seconds)
            after = tuple(gates(others, host))
            found = (in_clusters or {}).get(service)
            if found and found.placement:
                steps += orchestrator_of(found.placement.orchestrator).power_steps(
                    project, host, service, state, found.scale, causes[service], around_stop, after
                )
                continue
            steps.append(
                Step(
                    name="power",
                    host=host,
                    service=service,
                    operation="power",
                    args=power.Args(
                        project=project,
                        service=service,
                        state=state,
                        signal=signal,
                        cause=causes[service],
                        around_stop=around_stop,
                        runs_again=runs_again,
                    ),
                    after=after,
                )
            )
    return Plan(title=_VERBS[state], project=project, steps=ordered(steps), secrets=secrets)


def _restarted_too(services: Collection[str], restarted_with: Dependencies) -> dict[str, str]:
    """Service -> why it is restarted, of those that have to be restarted with one of `services`."""
    found: dict[str, str] = {}
    waiting = list(services)
    while waiting:
        name = waiting.pop(0)
        for other, needs in restarted_with.items():
            if name in needs and other not in services and other not in found:
                found[other] = f"depends_on.{name}.restart"
                waiting.append(other)
    return found
