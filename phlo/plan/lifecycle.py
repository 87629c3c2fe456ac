"""Plans that take a project down, and that start or stop what is there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from phlo.frozen import replace
from phlo.operations import absent, power
from phlo.operations.hook import AroundStop
from phlo.plan.graph import Plan, ordered
from phlo.plan.hooks import NO_HOOKS
from phlo.values import Secret, Step

Dependencies = Mapping[str, Collection[str]]
_VERBS = {"started": "start", "stopped": "stop", "restarted": "restart"}


def build_down(
    project: str,
    hosts: Iterable[str],
    dependencies: Dependencies,
    *,
    with_volumes: bool = False,
    hooks: Mapping[str, AroundStop] | None = None,
    grace_seconds: int | None = None,
    swarms: Mapping[str, Collection[str]] | None = None,
    secrets: tuple[Secret, ...] = (),
) -> Plan:
    """The steps of `down`: a service after all that depend on it, then networks, and volumes when asked for.

    dependencies: service -> services it depends on, of all services known; what the project has besides them on a
    host (services that are gone from the configuration) goes last. hooks: service -> the hooks around its stops.
    grace_seconds: how long a container may take to stop, None: as long as it says itself.
    swarms: host that stands for a Swarm -> its nodes.
    """
    steps: list[Step] = []
    for host in hosts:
        if host in (swarms or {}):
            from phlo.plan.swarm import down_steps

            nodes = (swarms or {})[host]
            steps += down_steps(project, host, nodes, dependencies, with_volumes=with_volumes, hooks=hooks or {})
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
        )
        networks = _absent(host, None, "networks", project, after=[rest.id])
        steps += [rest, networks]
        if with_volumes:
            steps.append(_absent(host, None, "volumes", project, after=[rest.id]))
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
) -> Step:
    return Step(
        id=f"{host}/{service or ''}/{kind}",
        host=host,
        service=service or "",
        operation="absent",
        args=absent.Args(kind=kind, project=project, service=service, others=others, around_stop=around_stop),
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
    swarms: Mapping[str, int] | None = None,
    secrets: tuple[Secret, ...] = (),
) -> Plan:
    """The steps of `start`, `stop` and `restart` (state: started, stopped, restarted) for some services.

    They start after what they depend on, and stop before it. A restart of one that another has to be restarted with
    (`depends_on.restart`, in `restarted_with`: service -> those services) restarts that too.

    hooks: service -> the hooks around its stops. grace_seconds: as for `build_down`.
    places: service -> the hosts it is on, where that is known; any of them may have left containers to stop on others.
    swarms: service on a Swarm -> how many tasks it has; its one place stands for the Swarm.
    """
    steps: list[Step] = []
    causes = dict.fromkeys(services, "asked for")
    if state == "restarted":
        causes |= _restarted_too(services, restarted_with or {})
        services = tuple(causes)
    hosts, wanted = tuple(hosts), frozenset(services)

    def hosts_of(service: str) -> Collection[str]:
        is_placed = state != "stopped" or service in (swarms or {})
        return (places or {}).get(service, hosts) if is_placed else hosts

    def gates(others: Iterable[str], host: str) -> Iterator[str]:
        for other in others:
            if other in wanted:
                there = hosts_of(other)
                is_awaited = state != "stopped" and other in (swarms or {})
                for place in (host,) if host in there else there:
                    yield f"{place}/{other}/{'ready' if is_awaited else 'power'}"

    for service in services:
        for host in hosts_of(service):
            if state == "stopped":
                others = [other for other, needs in dependencies.items() if service in needs]
            else:
                others = list(dependencies.get(service, ()))
            around_stop = replace((hooks or {}).get(service, NO_HOOKS), grace_seconds=grace_seconds)
            after = tuple(gates(others, host))
            if service in (swarms or {}):
                from phlo.plan.swarm import power_steps

                count = (swarms or {})[service]
                steps += power_steps(project, host, service, state, count, causes[service], around_stop, after)
                continue
            steps.append(
                Step(
                    id=f"{host}/{service}/power",
                    host=host,
                    service=service,
                    operation="power",
                    args=power.Args(
                        project=project,
                        service=service,
                        state=state,
                        cause=causes[service],
                        around_stop=around_stop,
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
