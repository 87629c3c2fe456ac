"""What there is to say of a project besides its services: variables, plug-ins, the registry, hosts, the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from phlo.cli.engine_address import engine_address
from phlo.config.project import Project
from phlo.discovery.registry import search_registry
from phlo.errors import PhloError
from phlo.hosts.host import Host
from phlo.report.service_graph import graph_of
from phlo.values import Secret, Text
from phlo_api.server.live import Lost
from phlo_api.server.models import (
    Graph,
    GraphEdge,
    GraphNode,
    HostInfo,
    InstalledPlugin,
    PluginProblem,
    Plugins,
    RegistryItem,
)
from phlo_api.server.service_models import ConfigEntry, LosingValue, Service
from phlo_api.server.services import source_text
from phlo_api.server.view import Resolved

_SERVICE_GROUP = "phlo.plugins.services"


def configuration(project: Project) -> list[ConfigEntry]:
    """Every variable with its source, and the values that lost."""
    return [
        ConfigEntry(
            key=name,
            value=_shown(value.text),
            secret=isinstance(value.text, Secret),
            source=source_text(value.source),
            losers=[
                LosingValue(value=_shown(text), source=source_text(source)) for text, source in reversed(value.losers)
            ],
        )
        for name, value in sorted(project.values.items())
    ]


def plugins(resolved: Resolved) -> Plugins:
    """What is installed, and what of it cannot be used."""
    catalog = resolved.workspace.catalog
    services: dict[str | None, list[str]] = {}
    for definition in catalog.services.values():
        services.setdefault(definition.package, []).append(definition.name)
    installed = [
        InstalledPlugin(
            name=one.name,
            group=one.group,
            distribution=one.distribution,
            version=one.version,
            summary=one.summary,
            services=services.get(one.distribution, []) if one.group == _SERVICE_GROUP else [],
        )
        for one in catalog.plugins
        if one.problem is None
    ]
    broken = [(one.name, one.distribution, one.problem) for one in catalog.plugins if one.problem]
    known = {distribution for _, distribution, _ in broken}
    broken += [(one.package, one.package, str(one.error)) for one in catalog.problems if one.package not in known]
    problems = [PluginProblem(name=name, distribution=package, problem=why) for name, package, why in broken]
    return Plugins(installed=installed, problems=problems)


def registry(resolved: Resolved, query: str) -> list[RegistryItem]:
    """The registry's entries that hold every word of `query`."""
    installed = {one.distribution: one.version for one in resolved.workspace.catalog.plugins}
    return [
        RegistryItem(
            name=entry.name,
            description=entry.summary,
            category=entry.category,
            version=entry.version,
            status=entry.status,
            services=list(entry.services),
            provides=list(entry.provides),
            requires=list(entry.requires),
            default=entry.default,
            installed=installed.get(entry.name),
            install_command=f"phlo plugin install {entry.name}" if entry.is_available else None,
            notes=entry.note,
        )
        for entry in search_registry(query)
    ]


def hosts(resolved: Resolved, environ: Mapping[str, str], lost: Lost) -> list[HostInfo]:
    """Every host of the inventory, asked side by side."""
    inventory, placed = resolved.workspace.inventory, resolved.project.placed()
    with ThreadPoolExecutor(max_workers=16) as pool:
        told = dict(zip(resolved.hosts, pool.map(partial(_ask, lost), resolved.hosts.values()), strict=True))
    found = []
    for name, answer in told.items():
        address = engine_address(inventory, name, environ).url
        found.append(
            HostInfo(
                name=name,
                address=address,
                address_kind={"unix": "local"}.get(address.partition(":")[0], address.partition(":")[0]),
                **answer,
                services=list(placed.get(name, ())),
                groups=[group.name for group in inventory.groups_of(name)],
            )
        )
    return found


def graph(project: Project, services: Iterable[Service]) -> Graph:
    """Services, the capabilities between them, and the hosts they are on."""
    enabled = [service for service in services if service.enabled]
    capabilities = sorted({name for one in enabled for name in (*one.provides, *one.requires, *one.wants)})
    hosts_of = project.placed()
    nodes = [
        *(
            GraphNode(
                id=f"service:{one.name}", kind="service", label=one.name, status=one.status, category=one.category
            )
            for one in enabled
        ),
        *(GraphNode(id=f"capability:{name}", kind="capability", label=name) for name in capabilities),
        *(GraphNode(id=f"host:{name}", kind="host", label=name) for name in hosts_of),
    ]
    return Graph(nodes=nodes, edges=[*_waiting(project), *(edge for one in enabled for edge in _edges(one))])


def _waiting(project: Project) -> Iterator[GraphEdge]:
    for edge in graph_of(project).edges:
        if edge.waits_for:
            yield GraphEdge(
                source=f"service:{edge.service}", target=f"service:{edge.needs}", kind="depends_on", label=edge.text
            )


def _edges(service: Service) -> Iterator[GraphEdge]:
    me = f"service:{service.name}"
    for name in service.provides:
        yield GraphEdge(source=me, target=f"capability:{name}", kind="provides")
    for name in service.requires:
        yield GraphEdge(source=me, target=f"capability:{name}", kind="requires")
    for name in service.wants:
        yield GraphEdge(source=me, target=f"capability:{name}", kind="wants")
    for name in service.hosts:
        yield GraphEdge(source=me, target=f"host:{name}", kind="runs_on")


def _ask(lost: Lost, host: Host) -> dict[str, Any]:
    """What a host's engine tells of itself, or why it does not."""
    try:
        version, info = lost.ask(host, lambda: (host.engine.get("/version"), host.engine.get("/info")))
    except PhloError as error:
        nothing = ("engine_version", "platform", "cpus", "memory_bytes", "containers_running")
        return {"reachable": False, "problem": str(error), **dict.fromkeys(nothing)}
    return {
        "reachable": True,
        "problem": None,
        "engine_version": version.get("Version"),
        "platform": f"{version.get('Os')}/{version.get('Arch')}",
        "cpus": info.get("NCPU"),
        "memory_bytes": info.get("MemTotal"),
        "containers_running": info.get("ContainersRunning"),
    }


def _shown(text: Text) -> str | None:
    return None if isinstance(text, Secret) else text
