"""The services of a project and who needs whom: as a tree, as Mermaid, as DOT, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from phlo.config.capability_types import is_collected
from phlo.config.project import Project, ResolvedService
from phlo.report.style import Style
from phlo.report.tree import Node, tree_text
from phlo.values import Condition

_WAITS_FOR = {Condition.STARTED: "started", Condition.HEALTHY: "healthy", Condition.COMPLETED: "ended"}


class Edge(NamedTuple):
    """One service needs, or uses, another.

    capabilities: what of it; empty: only that it is there.
    waits_for:    `started`, `healthy` or `ended`; None: it is used as it comes, and waits for nothing.
    """

    service: str
    needs: str
    capabilities: tuple[str, ...] = ()
    waits_for: str | None = None

    @property
    def text(self) -> str:
        return ", ".join((*self.capabilities, *([self.waits_for] if self.waits_for else [])))


class ServiceGraph(NamedTuple):
    """services: name -> the capabilities it provides. edges: by service, then by what it needs."""

    project: str
    services: Mapping[str, tuple[str, ...]]
    edges: tuple[Edge, ...]

    def needs_of(self, service: str) -> tuple[Edge, ...]:
        return tuple(edge for edge in self.edges if edge.service == service)


def graph_of(project: Project) -> ServiceGraph:
    """The graph of what a run of the project has."""
    return ServiceGraph(
        project=project.name,
        services={name: tuple(one.definition.provides) for name, one in project.services.items()},
        edges=tuple(edge for service in project.services.values() for edge in _edges(service, project)),
    )


def _edges(service: ResolvedService, project: Project) -> Iterator[Edge]:
    waits = {need.service: _WAITS_FOR[need.condition] for need in service.depends_on}
    used = _used(service, waits, project)
    for name in sorted({*waits, *used}):
        yield Edge(service.name, name, tuple(used.get(name, ())), waits.get(name))


def _used(service: ResolvedService, waits: Mapping[str, str], project: Project) -> dict[str, list[str]]:
    """Provider -> the capabilities that the service takes from it."""
    found: dict[str, list[str]] = {}
    for capability in (*service.definition.requires, *service.definition.wants):
        able = [name for name, one in project.services.items() if capability in one.definition.provides]
        others = [name for name in able if name != service.name]
        # Of several providers of one thing it waits for the chosen one.
        for name in others if is_collected(capability) else filter(waits.__contains__, others):
            found.setdefault(name, []).append(capability)
    return found


def tree(graph: ServiceGraph, style: Style) -> str:
    """Every service that no other waits for, and below it what it needs; needs are shown once."""
    needed = {edge.needs for edge in graph.edges if edge.waits_for}
    shown: set[str] = set()
    roots = [Node(name, below=_below(name, graph, shown)) for name in graph.services if name not in needed]
    return tree_text(roots, style)


def _below(name: str, graph: ServiceGraph, shown: set[str]) -> list[Node]:
    shown.add(name)
    edges = graph.needs_of(name)
    found = []
    for edge in edges:
        if edge.waits_for:
            is_again = edge.needs in shown and any(need.waits_for for need in graph.needs_of(edge.needs))
            note = f"{edge.text}  (its needs: above)" if is_again else edge.text
            found.append(Node(edge.needs, note, () if is_again else _below(edge.needs, graph, shown)))
    return found + [Node(", ".join(names), f"uses their {what}") for what, names in _collected(edges).items()]


def _collected(edges: Iterable[Edge]) -> dict[str, list[str]]:
    """Capability -> those it is taken from without waiting for them."""
    found: dict[str, list[str]] = {}
    for edge in edges:
        for capability in edge.capabilities if edge.waits_for is None else ():
            found.setdefault(capability, []).append(edge.needs)
    return found


def mermaid(graph: ServiceGraph) -> str:
    """A Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html); names are labels, since `end` is a word."""
    ids = {name: f"s{number}" for number, name in enumerate(graph.services, 1)}
    lines = ["flowchart LR", *(f'  {ids[name]}["{name}"]' for name in graph.services)]
    for edge in graph.edges:
        arrow = "-->" if edge.waits_for else "-.->"
        lines.append(f'  {ids[edge.service]} {arrow}|"{edge.text}"| {ids[edge.needs]}')
    return "\n".join(lines)


def dot(graph: ServiceGraph) -> str:
    """The graph in graphviz's language (https://graphviz.org/doc/info/lang.html)."""
    lines = [
        f"digraph {_quoted(graph.project)} {{",
        "  rankdir=LR",
        '  node [shape=box, style="rounded,filled", fillcolor="#f4f6fa", color="#5b6b8c", fontname="Helvetica"]',
        '  edge [color="#5b6b8c", fontname="Helvetica", fontsize=10]',
        *(f"  {_quoted(name)}" for name in graph.services),
    ]
    for edge in graph.edges:
        dashed = "" if edge.waits_for else ", style=dashed"
        lines.append(f"  {_quoted(edge.service)} -> {_quoted(edge.needs)} [label={_quoted(edge.text)}{dashed}]")
    return "\n".join([*lines, "}"])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def graph_data(graph: ServiceGraph) -> dict[str, Any]:
    """The graph for JSON."""
    edges: Sequence[dict[str, Any]] = [edge._asdict() for edge in graph.edges]
    return {"project": graph.project, "services": graph.services, "edges": edges}
