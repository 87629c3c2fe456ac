"""The stream of changes: what has become another one, so that a page needs not ask again and again."""

from __future__ import annotations

from phlo_api.server.models import Model, Problem, ServiceStatus
from phlo_api.server.run_models import RunSummary


class InstanceState(Model):
    """A container in short."""

    container: str
    host: str
    state: str
    health: str | None
    exit_code: int | None


class ServiceChange(Model):
    """The data of `service`: how a service is now. gone: it is not a service of the project any more."""

    name: str
    enabled: bool
    status: ServiceStatus
    health: str | None
    instances: list[InstanceState]
    gone: bool = False


class HostChange(Model):
    """The data of `host`: whether its engine answers, and why not. gone: it is not a host of the inventory any more."""

    name: str
    reachable: bool
    problem: str | None
    gone: bool = False


class PlanChange(Model):
    """The data of `plan`. revision: of what plans are made from; a plan with another `revision` is outdated."""

    revision: str


class ProjectChange(Model):
    """The data of `project`. problem: why its files cannot be used; null when they can."""

    changed_at: float | None
    problem: Problem | None


class EngineChange(Model):
    """The data of `engine`. connected: every host's engine answers. problems: why the others do not."""

    connected: bool
    problems: list[str]


class Changes(Model):
    """The data of `snapshot`, the first event of a stream that does not go on behind another one: all there is."""

    services: list[ServiceChange]
    runs: list[RunSummary]
    hosts: list[HostChange]
    plan: PlanChange
    project: ProjectChange
    engine: EngineChange
