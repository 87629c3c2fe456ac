"""The project, and its services with their containers, links and actions."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from phlo_api.server.models import Model, ServiceStatus
from phlo_api.server.run_models import RunSummary


class ProjectInfo(Model):
    """The project. changed_at: when one of the files it is made from last changed."""

    name: str
    root: str
    description: str
    warnings: list[str]
    phlo_version: str
    changed_at: float
    services: int
    pending_secrets: list[str] = Field(description="Secrets that the first `up` will make.")
    last_run: RunSummary | None


class ServicePort(Model):
    """A port of the container. host_port: null when it is not published. url: null for what no browser opens."""

    host: str
    host_ip: str
    host_port: int | None
    container_port: int
    protocol: str
    url: str | None


class Resources(Model):
    """Limits of one container; null: none. Memory in bytes."""

    memory_limit: int | None
    memory_reservation: int | None
    cpus: float | None
    pids_limit: int | None


class Instance(Model):
    """A container of the service. health_output: what its last health check printed, secrets masked."""

    container: str
    id: str
    host: str
    instance: int
    state: str
    health: str | None
    health_output: str | None
    exit_code: int | None
    since: str
    started_at: str | None
    restarts: int | None
    image: str
    made_at: float
    made_by: str | None
    made_for: list[str]


class ServiceLink(Model):
    """A page that the service offers to a person's browser."""

    title: str
    url: str


class ActionArgument(Model):
    """An argument of an action. type: text, integer, flag or path."""

    name: str
    help: str
    type: Literal["text", "integer", "flag", "path"]
    default: Any = None
    required: bool
    positional: bool
    choices: list[str]


class ServiceAction(Model):
    """Something that the service's role can do.

    danger: `safe` changes nothing, `changes` changes something, `destructive` overwrites or deletes data and needs
    `confirm`. interactive: it needs a terminal, so this API refuses it. interactive_without: it needs one only without
    this argument.
    """

    name: str
    help: str
    danger: Literal["safe", "changes", "destructive"]
    interactive: bool
    interactive_without: str | None
    arguments: list[ActionArgument]


class Dependency(Model):
    """A service that this one waits for."""

    service: str
    condition: str


class Service(Model):
    """A service: what is wanted of it, joined with what runs. reason: why it is, or is not, part of the project."""

    name: str
    title: str
    description: str
    category: str
    kind: str
    package: str | None
    version: str | None
    enabled: bool
    reason: str
    one_shot: bool
    status: ServiceStatus
    health: str | None
    hosts: list[str]
    image: str | None
    scale: int
    ports: list[ServicePort]
    resources: Resources
    instances: list[Instance]
    links: list[ServiceLink]
    actions: list[ServiceAction]
    depends_on: list[Dependency]
    provides: list[str]
    requires: list[str]
    wants: list[str]


class SourceText(Model):
    """Where a value was written. layer: phlo.yaml, role defaults, process environment and so on."""

    layer: str
    file: str | None
    line: int | None
    text: str


class EnvironmentEntry(Model):
    """A variable of the container. value: null when it is secret."""

    name: str
    value: str | None
    secret: bool
    source: SourceText | None


class ConfigEntry(Model):
    """A variable of the project, and the values that lost, the highest layer first."""

    key: str
    value: str | None
    secret: bool
    source: SourceText
    losers: list[LosingValue]


class LosingValue(Model):
    """What a lower layer says."""

    value: str | None
    source: SourceText
