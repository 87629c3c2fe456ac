"""Samples what the project's containers use, and keeps an hour of it in bounded memory."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from phlo.errors import PhloError
from phlo.hosts.host import Host
from phlo.hosts.live import LiveContainer, live_containers
from phlo_api.server.live import Lost
from phlo_api.server.stats_models import HostStats, Sample, ServiceStats, Stats
from phlo_api.server.view import Resolved

INTERVAL_SECONDS = 15.0
KEPT_SECONDS = 3600.0
MOST_SAMPLES = int(KEPT_SECONDS / INTERVAL_SECONDS)
# Services and hosts; those that were not seen for the longest time are forgotten.
MOST_SERIES = 500
_log = logging.getLogger("phlo_api.stats")
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The counters of a container. at: when the engine read them; all in seconds and bytes."""

    container: str
    service: str
    host: str
    at: float
    cpu_seconds: float
    memory: int
    memory_limit: int | None
    received: int
    sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    cpus: int | None
    memory: int | None


class History:
    """Samples of each service and host; may be used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._series: OrderedDict[Key, deque[Sample]] = OrderedDict()
        self._limits: dict[str, int | None] = {}
        self._hosts: Mapping[str, HostFacts] = {}
        self._before: dict[str, Reading] = {}
        self._now: float | None = None

    def take(self, at: float, readings: Sequence[Reading], hosts: Mapping[str, HostFacts]) -> None:
        """A round: the counters of every container that runs."""
        groups: dict[Key, list[Reading]] = {}
        for one in readings:
            groups.setdefault(("service", one.service), []).append(one)
            groups.setdefault(("host", one.host), []).append(one)
        with self._lock:
            for key, found in groups.items():
                series = self._series.setdefault(key, deque(maxlen=MOST_SAMPLES))
                self._series.move_to_end(key)
                series.append(self._sample(at, found))
            while len(self._series) > MOST_SERIES:
                self._series.popitem(last=False)
            self._limits = {name: _limit(found) for (kind, name), found in groups.items() if kind == "service"}
            self._before = {one.container: one for one in readings}
            self._hosts = hosts
            self._now = at

    def stats(self, since: float) -> Stats:
        """What was sampled after a time, of the last hour."""
        with self._lock:
            now = self._now
            oldest = max(since, (now or 0.0) - KEPT_SECONDS)
            kept = {key: [one for one in series if one.time > oldest] for key, series in self._series.items()}
            limits, hosts = dict(self._limits), dict(self._hosts)
        none = HostFacts(cpus=None, memory=None)
        return Stats(
            interval_seconds=INTERVAL_SECONDS,
            now=now,
            services=[
                ServiceStats(service=name, memory_limit_bytes=limits.get(name), samples=samples)
                for (kind, name), samples in sorted(kept.items())
                if kind == "service" and samples
            ],
            hosts=[
                HostStats(
                    host=name,
                    cpus=hosts.get(name, none).cpus,
                    memory_total_bytes=hosts.get(name, none).memory,
                    samples=samples,
                )
                for (kind, name), samples in sorted(kept.items())
                if kind == "host" and samples
            ],
        )

    def _sample(self, at: float, readings: Iterable[Reading]) -> Sample:
        cpu = received = sent = 0.0
        memory, is_known = 0, False
        for one in readings:
            memory += one.memory
            before = self._before.get(one.container)
            seconds = one.at - before.at if before else 0.0
            # A container that was restarted counts from nothing again.
            if before is None or seconds <= 0 or one.cpu_seconds < before.cpu_seconds:
                continue
            is_known = True
            cpu += (one.cpu_seconds - before.cpu_seconds) / seconds
            received += max(0, one.received - before.received) / seconds
            sent += max(0, one.sent - before.sent) / seconds
        return Sample(
            time=at,
            cpu_cores=round(cpu, 4) if is_known else None,
            memory_bytes=memory,
            received_per_second=round(received, 1) if is_known else None,
            sent_per_second=round(sent, 1) if is_known else None,
        )


class Sampler:
    """Takes a round of samples at a steady pace in a thread of its own, from `start` to `stop`."""

    def __init__(self, resolved: Callable[[], Resolved], lost: Lost) -> None:
        self.history = History()
        self._resolved = resolved
        self._lost = lost
        self._is_over = threading.Event()

    def start(self) -> None:
        self._is_over = threading.Event()
        threading.Thread(target=self._run, args=(self._is_over,), name="stats", daemon=True).start()

    def stop(self) -> None:
        self._is_over.set()

    def round(self) -> None:
        """Ask every host once; those that do not answer are left out."""
        resolved = self._resolved()
        readings: list[Reading] = []
        facts: dict[str, HostFacts] = {}
        with ThreadPoolExecutor(max_workers=8) as pool:
            asked = {
                name: pool.submit(self._lost.ask, host, lambda host=host: _host(host, resolved.project.name))
                for name, host in resolved.hosts.items()
            }
            for name, waiting in asked.items():
                try:
                    facts[name], found = waiting.result()
                except PhloError:
                    continue
                readings += found
        self.history.take(round(time.time(), 3), readings, facts)

    def _run(self, is_over: threading.Event) -> None:
        while not is_over.is_set():
            try:
                self.round()
            except PhloError:
                pass  # a project that cannot be used now; the API says so elsewhere
            except Exception:  # whatever it is, the next round may succeed
                _log.exception("no samples could be taken")
            is_over.wait(INTERVAL_SECONDS)


def _host(host: Host, project: str) -> tuple[HostFacts, list[Reading]]:
    info = host.engine.get("/info")
    found = []
    for container in live_containers(host.engine, project, host=host.name):
        if container.state != "running":
            continue
        data = host.engine.get_or_none(f"/containers/{container.id}/stats", **{"stream": False, "one-shot": True})
        if data and (data.get("cpu_stats") or {}).get("cpu_usage"):
            found.append(reading(container, data, time.time()))
    return HostFacts(cpus=info.get("NCPU"), memory=info.get("MemTotal")), found


def reading(container: LiveContainer, data: Mapping[str, Any], at: float) -> Reading:
    """The engine's answer about a container, for cgroups of version 1 and 2."""
    memory = data.get("memory_stats") or {}
    detail = memory.get("stats") or {}
    cache = detail.get("total_inactive_file", detail.get("inactive_file", 0))
    limit = memory.get("limit")
    networks = (data.get("networks") or {}).values()
    return Reading(
        container=container.id,
        service=container.service,
        host=container.host,
        at=at,
        cpu_seconds=data["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9,
        memory=max(0, memory.get("usage", 0) - cache),
        memory_limit=limit if limit and limit < 1 << 60 else None,
        received=sum(one.get("rx_bytes", 0) for one in networks),
        sent=sum(one.get("tx_bytes", 0) for one in networks),
    )


def _limit(readings: Sequence[Reading]) -> int | None:
    limits = [one.memory_limit for one in readings]
    return sum(one for one in limits if one) if all(limits) else None
