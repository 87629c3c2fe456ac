"""Plans, runs, and their events."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from phlo.events_schema import schema as event_schema
from phlo_api.server.models import Model


class RunSummary(Model):
    """A run in short. seconds: null while it runs, or when it was cut short. by: who started it through this API."""

    id: str
    title: str
    began: float
    seconds: float | None
    result: str = Field(description="ok, changed, failed, rolled_back, unreachable, interrupted, running, cut short.")
    counts: dict[str, int]
    by: str | None = None


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
    """What `phlo up` would change: as `phlo plan --output json`. v: version of the form.

    digest: the same for equal plans; an `up` that names it carries out this plan only. revision: of what it was made
    from; the stream of changes sends another one when the plan is outdated.
    """

    v: int
    project: str
    digest: str
    revision: str
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
    name: str
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


def _of_events(schema: dict[str, Any]) -> None:
    """Replace pydantic's schema by phlo's, which knows the fields of each kind."""
    description = schema["description"]
    schema.clear()
    schema |= {"title": "RunEvent", "description": description, "oneOf": event_schema()["oneOf"]}


class RunEvent(Model):
    """An event of a run, as `phlo history schema` prints it; the data of a server-sent event of `/runs/{id}/events`."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False, json_schema_extra=_of_events)

    v: int
    kind: str
    time: float
    run: str
