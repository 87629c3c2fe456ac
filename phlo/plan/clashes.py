"""What cannot go together in one project, found before anything changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from phlo.config.project import Project, ResolvedService, SwarmPlace
from phlo.errors import PlanError, first_of

_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 (compared with, not listened on)


def refuse_clashes(project: Project) -> None:
    """Raise PlanError with every clash: services that depend on each other, and what is claimed twice."""
    errors = [*_circles(project.services), *_ports(project), *_instances(project), *_starts_first(project)]
    if errors:
        raise first_of(errors)


def _circles(services: Mapping[str, ResolvedService]) -> Iterator[PlanError]:
    """The first circle of dependencies, if there is one."""
    done: set[str] = set()

    def circle_from(name: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
        if name in path:
            return (*path[path.index(name) :], name)
        if name in done or name not in services:
            return None
        for dependency in services[name].depends_on:
            if found := circle_from(dependency.service, (*path, name)):
                return found
        done.add(name)
        return None

    for name in services:
        if found := circle_from(name, ()):
            what = f"these services depend on each other: {' -> '.join(found)}"
            where = services[found[0]].definition.where()
            yield PlanError(what, where=where, fix="Take one of these `depends_on` away.")
            return


def _ports(project: Project) -> Iterator[PlanError]:
    """Two services of one host that publish the same port on the same address."""
    taken: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for service in project.services.values():
        is_everywhere = service.place is None or service.place.publish == "mesh"
        for host in service.hosts if is_everywhere else service.runs_on:
            for port in service.compose_on(host).ports:
                if not port.published or "-" in port.published:  # any free port, or any of a range
                    continue
                holders = taken.setdefault((host, port.protocol, port.published), [])
                address = port.host_ip or ""
                for other, its_address in holders:
                    if other != service.name and _overlap(address, its_address):
                        yield PlanError(
                            f"{other} and {service.name} both publish port {port.published}/{port.protocol} on {host}",
                            where=service.definition.where(),
                            fix=f"Set `services.{service.name}.port` in phlo.yaml to a free one.",
                        )
                holders.append((service.name, address))


def _overlap(one: str, other: str) -> bool:
    return one == other or one in _EVERYWHERE or other in _EVERYWHERE


def _instances(project: Project) -> Iterator[PlanError]:
    """Services of several instances that claim what only one can have."""
    for service in project.services.values():
        if service.place is not None:
            yield from _tasks(service, service.place)
            continue
        if service.scale < 2:
            continue
        fix = f"Leave it to Docker, or set `services.{service.name}.scale` to 1."
        if service.compose.container_name:
            name = service.compose.container_name
            yield PlanError(f"{service.name} has {service.scale} instances and the one name {name}", fix=fix)
        for port in service.compose.ports:
            if port.published and "-" not in port.published:
                what = f"{service.name} has {service.scale} instances and publishes the fixed port {port.published}"
                yield PlanError(what, fix=fix)


def _tasks(service: ResolvedService, place: SwarmPlace) -> Iterator[PlanError]:
    """A service on a Swarm with more tasks than there are nodes to publish a port on."""
    fixed = [port for port in service.compose.ports if port.published and (port.mode or place.publish) == "host"]
    if not fixed or service.compose.in_swarm.is_global:
        return
    most = service.scale + int(service.compose.update.starts_first)
    if most > len(place.nodes):
        beside = ", one of them beside the others (update.order: start-first)" if most > service.scale else ""
        nodes = f"{len(place.nodes)} nodes" if len(place.nodes) > 1 else "one node"
        what = f"{service.name} has up to {most} tasks{beside}, and publishes {fixed[0].published} on {nodes}"
        yield PlanError(what, fix="Have fewer, or publish through the routing mesh (swarm_publish: mesh).")


def _starts_first(project: Project) -> Iterator[PlanError]:
    """Services whose next version is to run beside this one, and cannot."""
    for service in project.services.values():
        compose = service.compose
        if not compose.update.starts_first:
            continue
        fixed = {("mac_address", compose.mac_address)}
        for attached in compose.networks:
            fixed |= {(key, getattr(attached, key)) for key in ("mac_address", "ipv4_address", "ipv6_address")}
        if compose.network_mode == "host":
            fixed.add(("network_mode", "host"))
        for key, value in sorted((key, value) for key, value in fixed if value):
            what = f"{service.name} cannot be started beside itself (update.order: start-first) with {key}: {value}"
            yield PlanError(what, fix="Leave one of the two out.")
