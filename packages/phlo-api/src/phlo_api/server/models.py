"""What the API answers, and what it is sent: the source of the OpenAPI document.

Times are seconds since the epoch, durations seconds. What is null is not known, or is not there.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["viewer", "operator"]
ActionName = Literal["up", "restart", "action", "rollback"]
ServiceStatus = Literal[
    "running", "starting", "unhealthy", "done", "failed", "restarting", "stopped", "created", "paused",
    "removing", "down", "disabled", "available", "unknown",
]  # fmt: skip


class Model(BaseModel):
    """Frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(Model):
    """Why there is no answer (RFC 9457). fix: what to do about it, as a sentence. where: file and line, or a host."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    fix: str = ""
    where: str = ""
    lines: list[str] = Field([], description="Further lines: a log's tail, the other things found wrong.")


class Health(Model):
    """This API's own health. project, engine: `ok`, or why it is not known."""

    status: Literal["ok"]
    version: str
    project: str
    engine: str


class Session(Model):
    """Whose token the request came with, and what it may start."""

    name: str
    role: Role
    actions_allowed: list[ActionName]


class RunSummary(Model):
    """A run in short. seconds: null while it runs, or when it was cut short. by: who started it through this API."""

    id: str
    title: str
    began: float
    seconds: float | None
    result: str = Field(description="ok, changed, failed, rolled_back, unreachable, interrupted, running, cut short.")
    counts: dict[str, int]
    by: str | None = None


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
    """Something that the service's role can do."""

    name: str
    help: str
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


class InstalledPlugin(Model):
    """An entry point of an installed package."""

    name: str
    group: str
    distribution: str
    version: str
    summary: str
    services: list[str]


class PluginProblem(Model):
    """A plug-in that cannot be used, and why."""

    name: str
    distribution: str
    problem: str


class Plugins(Model):
    installed: list[InstalledPlugin]
    problems: list[PluginProblem]


class RegistryItem(Model):
    """An offering of phlo.

    installed: its version here, null when it is not. install_command: null when there is none.
    """

    name: str
    description: str
    category: str
    version: str | None
    status: Literal["available", "planned"]
    services: list[str]
    provides: list[str]
    requires: list[str]
    default: bool
    installed: str | None
    install_command: str | None
    notes: str | None


class HostInfo(Model):
    """A machine of the inventory. address_kind: local, ssh, tcp or context. problem: why it does not answer."""

    name: str
    address: str
    address_kind: str
    reachable: bool
    problem: str | None
    engine_version: str | None
    platform: str | None
    cpus: int | None
    memory_bytes: int | None
    containers_running: int | None
    services: list[str]
    groups: list[str]


class GraphNode(Model):
    """status: that of a service; null for capabilities and hosts."""

    id: str
    kind: Literal["service", "capability", "host"]
    label: str
    status: ServiceStatus | None = None
    category: str | None = None


class GraphEdge(Model):
    """kind: what `source` has to do with `target`. label: what is waited for, or taken."""

    source: str
    target: str
    kind: Literal["depends_on", "provides", "requires", "wants", "runs_on"]
    label: str = ""


class Graph(Model):
    nodes: list[GraphNode]
    edges: list[GraphEdge]


class ChangeInfo(Model):
    """One thing that differs, and why. is_counted: false for a wait or a tidy-up."""

    at: str
    verb: str
    causes: list[str]
    is_counted: bool = True


class PlanStep(Model):
    id: str
    host: str
    service: str
    operation: str
    status: str | None
    changes: list[ChangeInfo]
    message: str


class Plan(Model):
    """What `phlo up` would change: as `phlo plan --output json`. v: version of the form."""

    v: int
    project: str
    has_changes: bool
    steps: list[PlanStep]
    counts: dict[str, int]
    warnings: list[str]
    computed_at: float
    seconds: float


class RunStep(Model):
    """A step of a run.

    began, ended: seconds after the run's beginning. critical: whether it is on the longest chain.
    """

    id: str
    host: str
    service: str
    operation: str
    status: str | None
    began: float | None
    ended: float | None
    seconds: float | None
    changes: list[ChangeInfo]
    message: str
    detail: list[str]
    undone: bool
    critical: bool


class Run(Model):
    """One run with its steps in the order in which they began. critical_path: ids of steps, the first one first."""

    id: str
    title: str
    began: float
    seconds: float | None
    result: str
    counts: dict[str, int]
    by: str | None
    steps: list[RunStep]
    notes: list[str]
    critical_path: list[str]


class RunEvent(Model):
    """An event of a run, as events.schema.json has it; the data of a server-sent event of `/runs/{id}/events`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    v: int
    kind: str
    time: float
    run: str
    step: str | None = None
    host: str | None = None
    service: str | None = None
    operation: str | None = None
    status: str | None = None
    changes: list[ChangeInfo] = []
    message: str = ""
    detail: list[str] = []
    seconds: float | None = None


class LogLine(Model):
    """A line of a container's output; the data of a server-sent event of `/logs`. time: as the engine has it."""

    service: str
    container: str
    host: str
    time: str
    text: str


class AuditEntry(Model):
    """Something that somebody did through this API. who: the token's name. result: started, done, refused or failed."""

    time: float
    who: str
    role: str
    action: str
    target: str
    result: str
    run: str | None = None
    detail: str = ""
    address: str = ""


class UpRequest(Model):
    """services: only these and what they need; empty: all."""

    services: list[Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9]")]] = Field(
        [], max_length=200
    )


class RollbackRequest(Model):
    """run: what ran before this run runs again; null: before the last one."""

    run: str | None = Field(None, max_length=64, pattern=r"^[0-9A-Za-z-]+$")


class ActionRequest(Model):
    """arguments: name -> value, as the action's `arguments` say."""

    arguments: dict[str, str | int | bool] = Field({}, max_length=50)


class Started(Model):
    """The run that was started; follow it at `/runs/{run}/events`."""

    run: str


class QueryRequest(Model):
    """One statement. limit: rows at most."""

    sql: str = Field(min_length=1, max_length=100_000)
    limit: int = Field(1000, ge=1, le=10_000)


class Column(Model):
    name: str
    type: str


class QueryResult(Model):
    """rows: as JSON has them; what JSON has no type for (decimals, times, whole numbers beyond 2^53) is text.

    truncated: there were more.
    """

    engine: str
    columns: list[Column]
    rows: list[list[Any]]
    truncated: bool
    seconds: float


class TableName(Model):
    namespace: str
    name: str


class TableField(Model):
    name: str
    type: str
    required: bool
    doc: str | None


class Snapshot(Model):
    """A version of a table's content. summary: what Iceberg notes of it (added records, files and so on)."""

    id: str
    parent: str | None
    time: float
    operation: str | None
    is_current: bool
    summary: dict[str, str]


class Table(Model):
    """An Iceberg table. snapshots: the newest first."""

    namespace: str
    name: str
    location: str
    format_version: int
    columns: list[TableField]
    partitioned_by: list[str]
    snapshots: list[Snapshot]
    properties: dict[str, str]


class Branch(Model):
    """A branch or tag of the versioned catalog."""

    name: str
    kind: str
    hash: str
    is_default: bool


class Token(Model):
    """A token, without itself. rotated_at: when it was last made anew through this API."""

    name: str
    role: Role
    created: float
    rotated_at: float | None
    last_used: float | None


class NewToken(Model):
    """A token that was made anew: this is the only time it is shown."""

    name: str
    role: Role
    token: str
