"""The server's figures for Prometheus."""

from __future__ import annotations

from dataclasses import dataclass, field

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of one server."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    queries: Counter = field(init=False)
    seconds: Histogram = field(init=False)
    running: Gauge = field(init=False)

    def __post_init__(self) -> None:
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        fresh = {
            "queries": Counter("duckdb_queries", "Queries that have ended", ["outcome"], registry=self.registry),
            "seconds": Histogram("duckdb_query_seconds", "Time from request to answer", registry=self.registry),
            "running": Gauge("duckdb_queries_running", "Queries that run or wait", registry=self.registry),
        }
        for name, metric in fresh.items():
            object.__setattr__(self, name, metric)
