"""What configuration resolves to: every service of a project with final, sourced values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phlo.frozen import dataclass, field, replace
from phlo.image_source import ImageSource
from phlo.orchestrators import TITLES
from phlo.values import Condition as Condition
from phlo.values import FileSpec, ImageNeeds, Masker, Secret, Source, Text, Value

if TYPE_CHECKING:
    from phlo.compose import ComposeService
    from phlo.compose.model import Port
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
class CrossHostEndpoint:
    """What a container has besides on one host, so that services of different hosts find each other.

    extra_hosts: `name:address` of services elsewhere. ports: published on the host's address for those elsewhere.
    """

    extra_hosts: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where in a cluster a service runs.

    orchestrator: what runs it there. cluster: the group of the inventory. publish: `mesh` or `host`.
    nodes: the hosts that its tasks may be on. constraints: what keeps them there.
    """

    orchestrator: str
    cluster: str
    nodes: tuple[str, ...]
    constraints: tuple[str, ...] = ()
    publish: str = "mesh"

    @property
    def label(self) -> str:
        """What errors call the cluster."""
        return f'the {TITLES[self.orchestrator]} "{self.cluster}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedService:
    """A service as it will run.

    compose: the container, normalized (see `phlo.compose`), Secrets inside.
    one_shot: it runs to its end. may_end: an end with status 0 means that its work is done, unless its image shows that
             it serves something (see `phlo.operations.container.ending`).
    healthy_wanted_at: where another service waits for its health though only its image can have a check; "": nowhere.
    files:   rendered templates, compose `configs` and `secrets` with inline or file content.
    hosts:   names of the hosts it is placed on.
    cross_host_endpoints: host -> ports and extra hosts that the container there needs because of other hosts.
    placement: where in a cluster it runs, then `hosts` is the manager that phlo talks to; None: on `hosts`.
    reason:  why it is part of this run (`default`, `profile api`, `asked for`, `needed by dagster`,
             `enabled in phlo.yaml:9`).
    is_requested: whether it is part of this run only because the command line names it, or its profile.
    facts:   what its templates and tasks see of capabilities, see `Wiring.seen_by`.
    sources: attribute, or one entry of it (`ports[0]`, `environment.FLAG`) -> where it was written.
    needs:   what it relies on in its image.
    """

    name: str
    definition: ServiceDefinition
    compose: ComposeService
    image: ImageSource
    depends_on: tuple[Dependency, ...] = ()
    one_shot: bool = False
    may_end: bool = False
    healthy_wanted_at: str = ""
    scale: int = 1
    files: tuple[FileSpec, ...] = ()
    hooks: tuple[Hook, ...] = ()
    hosts: tuple[str, ...] = ("local",)
    cross_host_endpoints: Mapping[str, CrossHostEndpoint] = field(default_factory=dict)
    placement: Placement | None = None
    reason: str = "default"
    is_requested: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    needs: ImageNeeds | None = None

    def compose_on(self, host: str) -> ComposeService:
        """The container as it is on one host."""
        endpoint = self.cross_host_endpoints.get(host)
        if endpoint is None:
            return self.compose
        return replace(
            self.compose,
            extra_hosts=(*self.compose.extra_hosts, *endpoint.extra_hosts),
            ports=(*self.compose.ports, *endpoint.ports),
        )

    @property
    def runs_on(self) -> tuple[str, ...]:
        """The hosts where containers of it may be."""
        return self.placement.nodes if self.placement else self.hosts

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

    seed: the folder whose files go into it when it is made. is_protected: no command deletes it without --unprotect.
    """

    key: str
    name: str
    is_external: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: Path | None = None
    is_protected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A service that is known but not part of this run, and why (`disabled in phlo.yaml`, `profile api`).

    is_disabled: phlo.yaml switches it off, so that what is left of it may go.
    is_optional: it is part of a profile that is not active, or was not asked for: its containers are no orphans.
    """

    definition: ServiceDefinition
    reason: str
    source: Source | None = None
    is_disabled: bool = False
    is_optional: bool = False


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
