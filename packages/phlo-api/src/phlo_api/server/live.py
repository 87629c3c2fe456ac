"""What runs: the containers of the project on every host, with what inspecting them tells besides."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from phlo.errors import HostError, PhloError
from phlo.hosts.host import Host
from phlo.hosts.live import LiveContainer, live_containers
from phlo_api.server.view import Cached, Resolved

FRESH_SECONDS = 1.0
# To find out that a host is lost takes many seconds, in which anyone who asks waits.
LOST_SECONDS = 30.0
T = TypeVar("T")
_MOST_OUTPUT = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """containers: of all hosts that answer. details: container id -> its inspect answer.

    unreachable: host -> why it does not answer.
    """

    containers: tuple[LiveContainer, ...] = ()
    details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    unreachable: Mapping[str, str] = field(default_factory=dict)

    def of(self, service: str) -> list[LiveContainer]:
        return [one for one in self.containers if one.service == service]


class Lost:
    """Hosts that did not answer: they are not asked again for a while, so that one does not hold up all the others."""

    def __init__(self, seconds: float = LOST_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._known: dict[str, tuple[Host, float, HostError]] = {}

    def ask(self, host: Host, question: Callable[[], T]) -> T:
        """The answer to a question about a host. Raises what it raises, and for a while what it has raised."""
        known = self._known.get(host.name)
        if known and known[0] is host and self._clock() < known[1]:
            raise known[2]
        try:
            return question()
        except HostError as error:
            self._known[host.name] = host, self._clock() + self._seconds, error
            raise


class Live:
    """Asks the hosts, at most once a second however many ask it."""

    def __init__(self, lost: Lost) -> None:
        self._cached = Cached(FRESH_SECONDS)
        self._lost = lost

    def now(self, resolved: Resolved) -> Running:
        return self._cached.get(resolved, lambda: self._ask(resolved))

    def _ask(self, resolved: Resolved) -> Running:
        found: list[LiveContainer] = []
        details: dict[str, Mapping[str, Any]] = {}
        unreachable: dict[str, str] = {}
        with ThreadPoolExecutor(max_workers=16) as pool:
            asked = {
                name: pool.submit(self._lost.ask, host, partial(_host, host, resolved.project.name))
                for name, host in resolved.hosts.items()
            }
            for name, waiting in asked.items():
                try:
                    containers, inspected = waiting.result()
                except PhloError as error:
                    unreachable[name] = str(error)
                else:
                    found += containers
                    details |= inspected
        return Running(containers=tuple(found), details=details, unreachable=unreachable)


def _host(host: Host, project: str) -> tuple[list[LiveContainer], dict[str, Mapping[str, Any]]]:
    containers = live_containers(host.engine, project, host=host.name)
    details = {one.id: host.engine.get_or_none(f"/containers/{one.id}/json") or {} for one in containers}
    return containers, details


def health_output(inspected: Mapping[str, Any], mask: Callable[[str], str]) -> str | None:
    """What the last health check printed; None without one."""
    log = ((inspected.get("State") or {}).get("Health") or {}).get("Log") or []
    return mask(str(log[-1].get("Output", "")))[:_MOST_OUTPUT].strip() if log else None
