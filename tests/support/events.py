"""Short ways to write events in tests."""

from __future__ import annotations

from typing import Any

from phlo.events import Event, StepId, TaskId
from phlo.events_json import KINDS
from phlo.values import Step


def step_of(text: str) -> StepId:
    """`local/web/container` as the id of a step whose operation has the name of the step."""
    host, service, name = text.split("/")
    return StepId(host=host, service=service, operation=name, name=name)


def event(kind: str, of: Step | StepId | TaskId | str | None = None, *, time: float = 0.0, **fields: Any) -> Event:
    """An event of a kind, as its JSON form calls it. of: the step it is about."""
    if of is not None:
        fields["step"] = StepId.of(of) if isinstance(of, Step) else step_of(of) if isinstance(of, str) else of
    made: Event = KINDS[kind].type(time=time, run=fields.pop("run", "r1"), **fields)
    return made


def kind_of(event: Event) -> str:
    """What the JSON form calls the kind of an event."""
    return next(name for name, kind in KINDS.items() if kind.type is type(event))
