"""What services and hosts use of the machines."""

from __future__ import annotations

from phlo_api.server.models import Model


class Sample(Model):
    """What was used at a time.

    cpu_cores: 1.0 is one processor kept busy since the sample before. received, sent: bytes a second since then, over
    all networks. memory_bytes: without the page cache. null: not known, as in a container's first sample.
    """

    time: float
    cpu_cores: float | None
    memory_bytes: int
    received_per_second: float | None
    sent_per_second: float | None


class ServiceStats(Model):
    """All containers of a service. memory_limit_bytes: what they may use together; null: no limit."""

    service: str
    memory_limit_bytes: int | None
    samples: list[Sample]


class HostStats(Model):
    """All containers of the project on a host. cpus, memory_total_bytes: what the host has; null: not known."""

    host: str
    cpus: int | None
    memory_total_bytes: int | None
    samples: list[Sample]


class Stats(Model):
    """interval_seconds: between samples, the oldest first. now: the time of the newest one; null when there is none."""

    interval_seconds: float
    now: float | None
    services: list[ServiceStats]
    hosts: list[HostStats]
