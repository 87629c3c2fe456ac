"""What configuration resolves to: every service of a project with final, sourced values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.frozen import dataclass, field, replace
from phlo.values import Condition as Condition
from phlo.values import FileSpec, ImageSource, Masker, Secret, Source, Text, Value

if TYPE_CHECKING:
    from phlo.config.compose import ComposeService
    from phlo.config.compose.model import Port
    from phlo.discovery.definition import ServiceDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """One entry of `depends_on`. required: False lets the dependent start when the other is not enabled."""

    service: str
    condition: Condition
    required: bool = True
    restart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A command of the published `hooks` form, run at a point of the service's life."""

    name: str
    point: str  # pre_start, post_start, pre_stop, post_stop
    command: tuple[str, ...] | str
    requires: str | None = None
    delay_seconds: float = 0.0
    timeout_seconds: float = 300.0
    environment: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What a container has besides on one host, so that services of different hosts find each other.

    extra_hosts: `name:address` of services elsewhere. ports: published on the host's address for those elsewhere.
    """

    extra_hosts: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SwarmPlace:
    """Where on a Docker Swarm a service runs.

    swarm: the group of the inventory that it is. publish: `mesh` or `host`.
    nodes: the hosts that its tasks may be on. constraints: what keeps them there.
    """

    swarm: str
    nodes: tuple[str, ...]
    constraints: tuple[str, ...] = ()
    publish: str = "mesh"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedService:
    """A service as it will run.

    compose: the container, normalized (see `phlo.config.compose`), Secrets inside.
    files:   rendered templates, compose `configs` and `secrets` with inline or file content.
    hosts:   names of the hosts it is placed on.
    meetings: host -> what the container there has besides, because of services on other hosts.
    place: where on a Swarm it runs, then `hosts` is the manager that phlo talks to; None: on `hosts`.
    reason:  why it is part of this run (`default`, `profile api`, `asked for`, `needed by dagster`,
             `enabled in phlo.yaml:9`).
    facts:   what its templates and tasks see of capabilities, see `Wiring.seen_by`.
    sources: attribute, or one entry of it (`ports[0]`, `environment.FLAG`) -> where it was written.
    """

    name: str
    definition: ServiceDefinition
    compose: ComposeService
    image: ImageSource
    depends_on: tuple[Dependency, ...] = ()
    one_shot: bool = False
    scale: int = 1
    files: tuple[FileSpec, ...] = ()
    hooks: tuple[Hook, ...] = ()
    hosts: tuple[str, ...] = ("local",)
    meetings: Mapping[str, Meeting] = field(default_factory=dict)
    place: SwarmPlace | None = None
    reason: str = "default"
    facts: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)

    def compose_on(self, host: str) -> ComposeService:
        """The container as it is on one host."""
        meeting = self.meetings.get(host)
        if meeting is None:
            return self.compose
        return replace(
            self.compose,
            extra_hosts=(*self.compose.extra_hosts, *meeting.extra_hosts),
            ports=(*self.compose.ports, *meeting.ports),
        )

    @property
    def runs_on(self) -> tuple[str, ...]:
        """The hosts where containers of it may be."""
        return self.place.nodes if self.place else self.hosts

    @property
    def is_inline(self) -> bool:
        return self.definition.kind == "inline"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """A network of the project. name: as Docker knows it. options: the Engine API's body for NetworkCreate."""

    key: str
    name: str
    is_external: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeSpec:
    """A named volume. name: as Docker knows it. options: the Engine API's body for VolumeCreate.

    seed: the folder whose files go into it when it is made.
    """

    key: str
    name: str
    is_external: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A service that is known but not part of this run, and why (`disabled in phlo.yaml`, `profile api`).

    is_disabled: phlo.yaml switches it off, so that what is left of it may go.
    """

    definition: ServiceDefinition
    reason: str
    source: Source | None = None
    is_disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The whole project, resolved.

    services: name -> service, in alphabetical order.
    absent:   name -> why a known service is not in `services`.
    values:   variable name -> final value with its source and the candidates that lost.
    outputs:  files phlo writes on the control machine before a run (published `files`), path under root -> bytes.
    inputs:   every file and folder that this result was made from (for caching).
    environment_read: names of process environment variables that were looked at (for caching).
    warnings: what could not be honoured, by name, one sentence each.
    capabilities: capability -> the facts its provider offers, Secrets inside; of a collected one the facts of each.
    pending_secrets: secrets that have a placeholder for a value until the first `up` makes them.
    is_volatile: some value, or the inventory, comes from a command, which may say something else the next time.
    variants: host -> the project with that host's variables, of the hosts that it makes a difference for.
    """

    name: str
    root: Path
    services: Mapping[str, ResolvedService]
    absent: Mapping[str, Absence] = field(default_factory=dict)
    networks: Mapping[str, NetworkSpec] = field(default_factory=dict)
    volumes: Mapping[str, VolumeSpec] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)
    outputs: Mapping[str, bytes] = field(default_factory=dict)
    inputs: tuple[Path, ...] = ()
    environment_read: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()
    capabilities: Mapping[str, Any] = field(default_factory=dict)
    pending_secrets: tuple[str, ...] = ()
    is_volatile: bool = False
    variants: Mapping[str, Project] = field(default_factory=dict)

    def on(self, host: str) -> Project:
        """The project with the variables of a host."""
        return self.variants.get(host, self)

    def placed(self) -> Mapping[str, tuple[str, ...]]:
        """Host -> the names of the services that are placed on it, both in alphabetical order."""
        found: dict[str, list[str]] = {}
        for name, service in self.services.items():
            for host in service.hosts:
                found.setdefault(host, []).append(name)
        return {host: tuple(found[host]) for host in sorted(found)}

    def masker(self) -> Masker:
        return Masker(self.secrets)
