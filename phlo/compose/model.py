"""The normalized form of a Compose service. A field that is not given is None or empty."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.frozen import dataclass, field
from phlo.image_source import BuildSettings
from phlo.published import Published
from phlo.values import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How the image is built.

    context: absolute. args: None takes the value from the variables.
    base:  the suite of the bootstrapped base that the image is built on, None: the Dockerfile's own choice.
    name:  what the image is called, None: as the service.
    guard: whether the build context also has the files of phlo's HTTP guard.
    settings: further options of the engine's builder.
    """

    context: Path
    dockerfile: str = "Dockerfile"
    args: Mapping[str, Text | None] = field(default_factory=dict)
    target: str | None = None
    base: str | None = None
    name: str | None = None
    guard: bool = False
    settings: BuildSettings = BuildSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """How a new version replaces the one that runs (`deploy.update_config`).

    starts_first: it is started, and has to work, before the old one is stopped.
    parallelism: how many instances are replaced side by side, 0 for all. delay_seconds: pause after each batch.
    monitor_seconds: how long a Swarm watches each for a failure.
    goes_on: whatever fails. max_failures: how many instances may fail; None: `max_failure_ratio` of them.
    """

    starts_first: bool = False
    parallelism: int = 1
    delay_seconds: float = 0.0
    monitor_seconds: float | None = None
    goes_on: bool = False
    max_failures: int | None = None
    max_failure_ratio: float = 0.0

    def allowed_failures(self, count: int) -> int:
        """How many of `count` instances may fail before the others are left as they are."""
        if self.goes_on:
            return count
        return int(self.max_failure_ratio * count) if self.max_failures is None else self.max_failures


@dataclass(frozen=True, slots=True, kw_only=True)
class InSwarm:
    """What of `deploy` only a Swarm can do.

    is_global: one task on every node. spread: node labels that tasks are spread over. max_per_node: 0 is no limit.
    rollback: how the Swarm goes back to the version before. restart_delay, restart_window: nanoseconds.
    """

    is_global: bool = False
    endpoint_mode: str | None = None
    constraints: tuple[str, ...] = ()
    spread: tuple[str, ...] = ()
    max_per_node: int = 0
    rollback: Update | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    reserved_cpus: float | None = None
    restart_delay: int | None = None
    restart_window: int | None = None
    generic_resources: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvFile:
    """A file of environment variables. format: None is Compose's syntax, `raw` takes values as they stand."""

    path: Path
    is_required: bool = True
    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One container port that is published. published: a port, a range to choose from, or None for any free one.

    mode: `host` or `ingress`, which only a Swarm tells apart.
    """

    target: int
    protocol: str = "tcp"
    published: str | None = None
    host_ip: str | None = None
    mode: str | None = None
    name: str | None = None
    app_protocol: str | None = None

    @property
    def text(self) -> Published:
        """The port as it is printed."""
        return Published(self.published or "", str(self.target), self.protocol, self.host_ip or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One entry of `volumes`.

    type: bind, volume, tmpfs or image.
    source: an absolute path of a bind, the key of a named volume, an image, None for an anonymous volume or tmpfs.
    read_only_below: mounts below a read-only bind stay `writable` or have to be `readonly`; None: the engine's choice.
    labels: of an anonymous volume that the engine makes.
    """

    type: str
    target: str
    source: str | None = None
    is_read_only: bool = False
    propagation: str | None = None
    selinux: str | None = None
    creates_host_path: bool = False
    is_recursive: bool = True
    read_only_below: str | None = None
    copies_image_content: bool = True
    subpath: str | None = None
    tmpfs_size: int | None = None
    tmpfs_mode: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumesFrom:
    """The mounts of another service or container, taken over."""

    service: str | None = None
    container: str | None = None
    is_read_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceNetwork:
    """A network that the service joins. The one with the highest priority is the container's first."""

    key: str
    aliases: tuple[str, ...] = ()
    ipv4_address: str | None = None
    ipv6_address: str | None = None
    link_local_ips: tuple[str, ...] = ()
    mac_address: str | None = None
    priority: int = 0
    gw_priority: int = 0
    driver_opts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Another service or container, reachable by `alias`."""

    alias: str
    service: str | None = None
    container: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthcheck:
    """How the engine probes. test: as the Engine API has it, `("NONE",)` to switch the image's off. Nanoseconds."""

    test: tuple[Text, ...] = ()
    interval: int | None = None
    timeout: int | None = None
    start_period: int | None = None
    start_interval: int | None = None
    retries: int | None = None

    @property
    def is_disabled(self) -> bool:
        return self.test == ("NONE",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """When the engine starts the container again: no, always, on-failure, unless-stopped.

    is_from_deploy: from `deploy.restart_policy`; its `condition: none` does not say that the service runs to its end.
    """

    name: str
    max_retries: int = 0
    is_from_deploy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ulimit:
    soft: int
    hard: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    source: str
    target: str
    permissions: str = "rwm"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRequest:
    """Devices the engine finds automatically (GPUs). count: -1 is all."""

    driver: str = ""
    count: int = 0
    device_ids: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    """Where the log goes. driver: None is the engine's own choice."""

    driver: str | None = None
    options: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockIO:
    """Limits of disk use. devices: the Engine API's name of a limit -> pairs of device and number."""

    weight: int | None = None
    devices: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReference:
    """A top-level `config` or `secret` put into the container. target: absolute path there."""

    source: str
    target: str
    uid: int = 0
    gid: int = 0
    mode: int = 0o444


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRule:
    """What to do when files below `path` change.

    action:  rebuild, sync, restart, sync+restart or sync+exec. target: where they are put in the container.
    ignore, include: patterns as in a `.dockerignore`, from `path`; with `include` only what matches counts.
    exec:    the command of sync+exec.
    """

    action: str
    path: Path
    target: str | None = None
    ignore: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    initial_sync: bool = False
    exec: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeService:
    """A service as the Compose specification has it; a field has its attribute's name and meaning.

    environment_from_host: names listed without a value, to be taken from the variables. After that, the names that no
                  variable gives: the container does not have them, even if its image or an env_file does.
    expose:       `3000/tcp`.
    tmpfs:        path -> mount options.
    extra_hosts:  `name:address`.
    depends_on:   service -> {condition: text or None, required: bool, restart: bool}; what links, volumes_from and
                  `service:` modes need is part of it.
    ipc, pid, network_mode: `service:x` names another service.
    security_opt: `key=value`, a seccomp profile's content inside.
    stop_grace_period: nanoseconds. mem_*, shm_size: bytes. cpus: CPUs.
    develop:      what `phlo run watch` does when files change; no part of the container.
    read_files:   files whose content is in here (label_file, seccomp profiles).
    warnings:     what an engine cannot honour, a sentence each with its position.
    """

    image: str | None = None
    build: Build | None = None
    platform: str | None = None
    pull_policy: str | None = None
    profiles: tuple[str, ...] = ()
    scale: int | None = None
    depends_on: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    command: tuple[Text, ...] | None = None
    entrypoint: tuple[Text, ...] | None = None
    environment: Mapping[str, Text] = field(default_factory=dict)
    environment_from_host: tuple[str, ...] = ()
    env_file: tuple[EnvFile, ...] = ()
    working_dir: str | None = None
    user: str | None = None
    group_add: tuple[str, ...] = ()
    tty: bool = False
    stdin_open: bool = False
    init: bool | None = None
    stop_signal: str | None = None
    stop_grace_period: int | None = None
    healthcheck: Healthcheck | None = None
    restart: Restart | None = None

    container_name: str | None = None
    labels: Mapping[str, Text] = field(default_factory=dict)
    annotations: Mapping[str, Text] = field(default_factory=dict)
    logging: Logging | None = None

    hostname: str | None = None
    domainname: str | None = None
    ports: tuple[Port, ...] = ()
    expose: tuple[str, ...] = ()
    networks: tuple[ServiceNetwork, ...] = ()
    network_mode: str | None = None
    mac_address: str | None = None
    links: tuple[Link, ...] = ()
    extra_hosts: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    dns_search: tuple[str, ...] = ()
    dns_opt: tuple[str, ...] = ()

    volumes: tuple[Mount, ...] = ()
    tmpfs: Mapping[str, str] = field(default_factory=dict)
    volumes_from: tuple[VolumesFrom, ...] = ()
    configs: tuple[FileReference, ...] = ()
    secrets: tuple[FileReference, ...] = ()
    storage_opt: Mapping[str, str] = field(default_factory=dict)

    privileged: bool = False
    read_only: bool = False
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    userns_mode: str | None = None
    ipc: str | None = None
    pid: str | None = None
    uts: str | None = None
    cgroup: str | None = None
    cgroup_parent: str | None = None
    runtime: str | None = None
    sysctls: Mapping[str, str] = field(default_factory=dict)
    ulimits: Mapping[str, Ulimit] = field(default_factory=dict)
    devices: tuple[Device, ...] = ()
    device_cgroup_rules: tuple[str, ...] = ()
    device_requests: tuple[DeviceRequest, ...] = ()

    shm_size: int | None = None
    mem_limit: int | None = None
    mem_reservation: int | None = None
    memswap_limit: int | None = None
    mem_swappiness: int | None = None
    oom_kill_disable: bool | None = None
    oom_score_adj: int | None = None
    cpus: float | None = None
    cpu_shares: int | None = None
    cpu_quota: int | None = None
    cpu_period: int | None = None
    cpu_rt_period: int | None = None
    cpu_rt_runtime: int | None = None
    cpuset: str | None = None
    pids_limit: int | None = None
    blkio_config: BlockIO | None = None

    update: Update = Update()  # deploy.update_config
    in_swarm: InSwarm = InSwarm()

    develop: tuple[WatchRule, ...] = ()
    read_files: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def shared_services(self) -> tuple[str, ...]:
        """The services whose namespaces or volumes it uses."""
        modes = ((mode or "").partition(":") for mode in (self.network_mode, self.ipc, self.pid))
        named = [name for kind, _, name in modes if kind == "service"]
        return tuple(dict.fromkeys((*named, *(item.service for item in self.volumes_from if item.service))))

    @property
    def named_volumes(self) -> tuple[str, ...]:
        """Keys of the top-level `volumes` that it mounts."""
        return tuple(dict.fromkeys(item.source for item in self.volumes if item.type == "volume" and item.source))
