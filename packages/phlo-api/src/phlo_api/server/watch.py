"""What of the project is another one than before: looked at once for all clients, while there are any."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from phlo.errors import PhloError
from phlo.hosts.live import LiveContainer, live_containers
from phlo_api.server.change_models import (
    Changes,
    EngineChange,
    HostChange,
    InstanceState,
    PlanChange,
    ProjectChange,
    ServiceChange,
)
from phlo_api.server.live import Lost, Running
from phlo_api.server.models import Model, Problem
from phlo_api.server.runs import Runs
from phlo_api.server.service_models import Service
from phlo_api.server.services import Catalogue
from phlo_api.server.view import Resolved, View

MOST_RUNS = 50


class Watch:
    """Looks at the project, its hosts and its runs. problem_of: the form in which clients get an error."""

    def __init__(self, view: View, runs: Runs, lost: Lost, problem_of: Callable[[PhloError], Problem]) -> None:
        self._view = view
        self._runs = runs
        self._lost = lost
        self._problem_of = problem_of
        self._lock = threading.Lock()
        self._last: Changes | None = None

    def now(self) -> Changes:
        """How everything is now; of a project that cannot be used its services and hosts are those of before."""
        runs = self._runs.list(limit=MOST_RUNS, before=None)
        try:
            resolved = self._view.resolved()
        except PhloError as error:
            before = self._last
            project = ProjectChange(changed_at=None, problem=self._problem_of(error))
            return Changes(
                services=before.services if before else [],
                runs=runs,
                hosts=before.hosts if before else [],
                plan=before.plan if before else PlanChange(revision=""),
                project=project,
                engine=before.engine if before else EngineChange(connected=False, problems=[]),
            )
        running = self._listed(resolved)
        catalogue = Catalogue(resolved, running, actions={}, mask=str, hostname="")
        hosts = [
            HostChange(name=name, reachable=name not in running.unreachable, problem=running.unreachable.get(name))
            for name in resolved.hosts
        ]
        found = Changes(
            services=[_service(one) for one in catalogue.all()],
            runs=runs,
            hosts=hosts,
            plan=PlanChange(revision=_revision(resolved, running)),
            project=ProjectChange(changed_at=resolved.changed_at, problem=None),
            engine=EngineChange(connected=not running.unreachable, problems=list(running.unreachable.values())),
        )
        self._last = found
        return found

    def revision(self) -> str:
        """That of what a plan would be made from now. Raises PhloError for a project that cannot be used."""
        resolved = self._view.resolved()
        return _revision(resolved, self._listed(resolved))

    def _listed(self, resolved: Resolved) -> Running:
        """The containers of all hosts, without inspecting them: one request a host."""
        found: list[LiveContainer] = []
        unreachable: dict[str, str] = {}
        with ThreadPoolExecutor(max_workers=16) as pool:
            asked = {
                name: pool.submit(
                    self._lost.ask,
                    host,
                    partial(live_containers, host.engine, resolved.project.name, host=host.name),
                )
                for name, host in resolved.hosts.items()
            }
            for name, waiting in asked.items():
                try:
                    found += waiting.result()
                except PhloError as error:
                    unreachable[name] = str(error)
        return Running(containers=tuple(found), unreachable=unreachable)


def changes_between(before: Changes, now: Changes) -> Iterator[tuple[str, Model]]:
    """What differs: the name of each event, and its data."""
    services = {one.name: one for one in before.services}
    for service in now.services:
        if services.pop(service.name, None) != service:
            yield "service", service
    for service in services.values():
        yield "service", service.model_copy(update={"gone": True, "enabled": False, "instances": []})
    hosts = {one.name: one for one in before.hosts}
    for host in now.hosts:
        if hosts.pop(host.name, None) != host:
            yield "host", host
    for host in hosts.values():
        yield "host", host.model_copy(update={"gone": True, "reachable": False})
    runs = {one.id: one for one in before.runs}
    for run in reversed(now.runs):
        if runs.get(run.id) != run:
            yield "run", run
    for kind in ("engine", "project", "plan"):
        if getattr(before, kind) != getattr(now, kind):
            yield kind, getattr(now, kind)


def _service(service: Service) -> ServiceChange:
    return ServiceChange(
        name=service.name,
        enabled=service.enabled,
        status=service.status,
        health=service.health,
        instances=[
            InstanceState(
                container=one.container, host=one.host, state=one.state, health=one.health, exit_code=one.exit_code
            )
            for one in service.instances
        ],
    )


def _revision(resolved: Resolved, running: Running) -> str:
    """Of the files that the project is made from, and of its containers; hosts that do not answer count too."""
    live = sorted((one.host, one.id, one.state) for one in running.containers)
    text = repr((resolved.signature, live, sorted(running.unreachable)))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
