"""Who needs whom, in every form."""

from __future__ import annotations

import json

import pytest

from phlo.report.service_graph import Edge, ServiceGraph, dot, graph_data, graph_of, mermaid, tree
from phlo.report.style import Style
from tests.unit.config.conftest import Workplace

LAKE = ServiceGraph(
    project="lake",
    services={
        "catalog": ("iceberg-catalog",),
        "db": ("sql",),
        "engine": (),
        "end": (),
        "scraper": (),
        "store": ("s3",),
    },
    edges=(
        Edge("catalog", "db", ("sql",), "healthy"),
        Edge("catalog", "store", ("s3",), "healthy"),
        Edge("engine", "catalog", ("iceberg-catalog",), "healthy"),
        Edge("engine", "store", ("s3",), "healthy"),
        Edge("end", "catalog", (), "started"),
        Edge("scraper", "db", ("metrics",)),
        Edge("scraper", "store", ("http-route", "metrics")),
    ),
)

TREE = """\
engine
├── catalog  iceberg-catalog, healthy
│   ├── db  sql, healthy
│   └── store  s3, healthy
└── store  s3, healthy
end
└── catalog  started  (its needs: above)
scraper
├── db, store  uses their metrics
└── store  uses their http-route"""


def test_the_tree_shows_what_each_needs_once() -> None:
    assert tree(LAKE, Style()) == TREE


def test_mermaid_gives_each_service_an_id_of_its_own() -> None:
    lines = mermaid(LAKE).splitlines()
    assert lines[0] == "flowchart LR"
    assert '  s4["end"]' in lines
    assert '  s1 -->|"sql, healthy"| s2' in lines
    assert '  s5 -.->|"metrics"| s2' in lines


def test_dot_quotes_names_and_dashes_what_is_not_waited_for() -> None:
    lines = dot(LAKE).splitlines()
    assert lines[0] == 'digraph "lake" {'
    assert '  "catalog" -> "db" [label="sql, healthy"]' in lines
    assert '  "scraper" -> "db" [label="metrics", style=dashed]' in lines
    assert lines[-1] == "}"


def test_json_has_every_edge() -> None:
    data = json.loads(json.dumps(graph_data(LAKE)))
    assert data["services"]["db"] == ["sql"]
    assert data["edges"][0] == {
        "service": "catalog",
        "needs": "db",
        "capabilities": ["sql"],
        "waits_for": "healthy",
    }


@pytest.fixture
def lake(workplace: Workplace) -> Workplace:
    workplace.role("db", "default: true\nprovides: {store: {host: db}}\ncompose: {healthcheck: {test: [CMD, ready]}}\n")
    workplace.role("db-setup", "default: true\ndepends_on: [db]\n")
    workplace.role("app", "default: true\nrequires: [store]\ndepends_on: [db-setup]\n")
    return workplace


def test_edges_carry_the_capability_and_what_is_waited_for(lake: Workplace) -> None:
    assert graph_of(lake.resolve()).edges == (
        Edge("app", "db", ("store",), "healthy"),
        Edge("app", "db-setup", (), "ended"),
        Edge("db-setup", "db", (), "healthy"),
    )


def test_a_capability_with_several_providers_is_that_of_the_chosen_one(lake: Workplace) -> None:
    lake.role("other", "default: true\nprovides: {store: {host: other}}\n")
    lake.phlo_yaml("name: lake\ncapabilities: {store: other}\n")
    edges = graph_of(lake.resolve()).needs_of("app")
    assert [(edge.needs, edge.capabilities) for edge in edges] == [("db-setup", ()), ("other", ("store",))]


def test_what_is_collected_comes_from_every_provider_and_orders_nothing(lake: Workplace) -> None:
    lake.role("scraper", "default: true\nwants: [metrics]\ndepends_on: [app]\nprovides: {metrics: {port: 9}}\n")
    lake.role("other", "default: true\nprovides: {metrics: {port: 1}}\n")
    lake.role("another", "default: true\nprovides: {metrics: {port: 2}}\n")
    assert graph_of(lake.resolve()).needs_of("scraper") == (
        Edge("scraper", "another", ("metrics",)),
        Edge("scraper", "app", (), "started"),
        Edge("scraper", "other", ("metrics",)),
    )
