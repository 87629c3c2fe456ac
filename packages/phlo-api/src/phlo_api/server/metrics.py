"""Figures in OpenMetrics' text form, for Prometheus."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator

from phlo_api.server.models import HostInfo
from phlo_api.server.run_models import RunSummary
from phlo_api.server.service_models import Service

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Requests:
    """Counts what was asked and how it was answered; a route is named by its pattern."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: Counter[tuple[str, str, int]] = Counter()
        self.streams = 0

    def count(self, method: str, route: str, status: int) -> None:
        with self._lock:
            self._answers[method, route, status] += 1

    def all(self) -> list[tuple[tuple[str, str, int], int]]:
        with self._lock:
            return sorted(self._answers.items())


def metrics_text(
    services: Iterable[Service], hosts: Iterable[HostInfo], last: RunSummary | None, requests: Requests
) -> str:
    """The figures."""
    return "\n".join([*_services(services), *_hosts(hosts), *_run(last), *_requests(requests), ""])


def _services(services: Iterable[Service]) -> Iterator[str]:
    enabled = [one for one in services if one.enabled]
    yield from _head("phlo_service_up", "gauge", "1 when every container of the service works, or it has ended well.")
    for one in enabled:
        yield _sample("phlo_service_up", int(one.status in ("running", "done")), service=one.name, status=one.status)
    yield from _head("phlo_service_containers", "gauge", "Containers of the service that run.")
    for one in enabled:
        running = sum(instance.state == "running" for instance in one.instances)
        yield _sample("phlo_service_containers", running, service=one.name)
    yield from _head("phlo_service_restarts", "gauge", "How often the engine has restarted its containers.")
    for one in enabled:
        yield _sample(
            "phlo_service_restarts", sum(instance.restarts or 0 for instance in one.instances), service=one.name
        )


def _hosts(hosts: Iterable[HostInfo]) -> Iterator[str]:
    yield from _head("phlo_host_up", "gauge", "1 when the host's engine answers.")
    for one in hosts:
        yield _sample("phlo_host_up", int(one.reachable), host=one.name)


def _run(last: RunSummary | None) -> Iterator[str]:
    if last is None:
        return
    yield from _head("phlo_last_run_timestamp_seconds", "gauge", "When the last run began.")
    yield _sample("phlo_last_run_timestamp_seconds", last.began)
    yield from _head("phlo_last_run_ok", "gauge", "1 when the last run did not fail.")
    yield _sample("phlo_last_run_ok", int(last.result in ("ok", "changed", "running")), result=last.result)
    if last.seconds is not None:
        yield from _head("phlo_last_run_seconds", "gauge", "How long the last run took.")
        yield _sample("phlo_last_run_seconds", last.seconds)


def _requests(requests: Requests) -> Iterator[str]:
    yield from _head("phlo_api_requests_total", "counter", "Requests to this API.")
    for (method, route, status), count in requests.all():
        yield _sample("phlo_api_requests_total", count, method=method, route=route, status=str(status))
    yield from _head("phlo_api_streams", "gauge", "Live streams of events and logs that are open.")
    yield _sample("phlo_api_streams", requests.streams)


def _head(name: str, kind: str, help_text: str) -> tuple[str, str]:
    return f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"


def _sample(name: str, value: float, **labels: str) -> str:
    shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{shown}}} {value}" if shown else f"{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
