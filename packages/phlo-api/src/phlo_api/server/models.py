"""What the API answers, and what it is sent: the source of the OpenAPI document.

Times are seconds since the epoch, durations seconds. What is null is not known, or is not there.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["viewer", "operator"]
ActionName = Literal["up", "restart", "stop", "action", "rollback"]
ServiceStatus = Literal[
    "running", "starting", "unhealthy", "done", "failed", "restarting", "stopped", "created", "paused",
    "removing", "down", "disabled", "available", "unknown",
]  # fmt: skip

LogLevel = Literal["error", "warning", "info", "debug", "unknown"]


class Model(BaseModel):
    """Frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ExcerptLine(Model):
    """A line of a file. is_marked: the error is in this line. Values that may be secret are `***`."""

    number: int
    text: str
    is_marked: bool


class Finding(Model):
    """What is wrong, and where.

    fix: what to do about it, as a sentence. where: `FILE:LINE KEY`, a host, or a service. file, line: of an error in a
    file, else null. excerpt: that line and those around it, of a file of the project. lines: a log's tail, or output.
    """

    detail: str
    fix: str = ""
    where: str = ""
    file: str | None = None
    line: int | None = None
    excerpt: list[ExcerptLine] = []
    lines: list[str] = []


class Problem(Finding):
    """Why a request failed (RFC 9457). others: what else is wrong, found at the same time."""

    type: str = "about:blank"
    title: str
    status: int
    others: list[Finding] = []


class Health(Model):
    """This API's own health.

    project, engine, notes: only with a token. project, engine: `ok`, or why it is not known. notes: what an operator
    should look at, such as a damaged audit log.
    """

    status: Literal["ok"]
    version: str
    project: str | None = None
    engine: str | None = None
    notes: list[str] = []


class Session(Model):
    """Whose token the request came with, and what it may start."""

    name: str
    role: Role
    actions_allowed: list[ActionName]


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


class LogLine(Model):
    """A line of a container's output; the data of a server-sent event of `/logs`.

    time: as the engine has it. level: what the line says of itself, `unknown` when it says nothing.
    """

    service: str
    container: str
    host: str
    time: str
    level: LogLevel
    text: str


class LogPage(Model):
    """Lines in the order in which they were printed. before: asks for the page before; null: there is none."""

    lines: list[LogLine]
    before: str | None


class LogEnd(Model):
    """The data of the last event of `/logs`, called `end`.

    reason: `complete`: all lines there are were sent; `stopped`: no container of the services runs; `until`: that time
    has come; `behind`: the client reads too slowly, and should come back with Last-Event-ID.
    """

    reason: Literal["complete", "stopped", "until", "behind"]


class AuditEntry(Model):
    """Something that somebody did through this API.

    who: the token's name. result: requested, started, done, refused or failed.
    """

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
    """services: only these and what they need; empty: all. plan: the digest of the plan to carry out; required."""

    services: list[Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9]")]] = Field(
        [], max_length=200
    )
    plan: str | None = Field(None, pattern=r"^[0-9a-f]{32}$")


class ServicesRequest(Model):
    """The services to restart or stop, in one run; at least one."""

    services: list[Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9]")]] = Field(
        [], max_length=200
    )


class RollbackRequest(Model):
    """run: what ran before this run runs again; null: before the last one."""

    run: str | None = Field(None, max_length=64, pattern=r"^[0-9A-Za-z][0-9A-Za-z-]*$")


class ActionRequest(Model):
    """arguments: name -> value, as the action's `arguments` say. confirm: `SERVICE.ACTION` of a destructive one."""

    arguments: dict[str, str | int | bool] = Field({}, max_length=50)
    confirm: str | None = Field(None, max_length=500)


class Started(Model):
    """The run that was started; follow it at `/runs/{run}/events`."""

    run: str


class Token(Model):
    """A token, without itself. rotated_at: when it was last renewed through this API."""

    name: str
    role: Role
    created: float
    rotated_at: float | None
    last_used: float | None


class NewToken(Model):
    """A token that was renewed: this is the only time it is shown."""

    name: str
    role: Role
    token: str
