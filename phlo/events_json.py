"""Events as JSON: what `--output json` prints and what `.phlo/runs/<id>.jsonl` keeps.

One object an event; `v` is the version of this form. Keys that say nothing are left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.values import Change, Event, Status

VERSION = 1
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def schema_text() -> str:
    """The JSON Schema of an event, as phlo ships it."""
    return Path(__file__).with_name("events.schema.json").read_text(encoding="utf-8")


def change_to_json(change: Change) -> dict[str, Any]:
    """A change without its private data."""
    found: dict[str, Any] = {"at": change.at, "verb": change.verb, "causes": list(change.causes)}
    return found if change.is_counted else {**found, "is_counted": False}


def change_from_json(data: Mapping[str, Any]) -> Change:
    """The change that `change_to_json` wrote."""
    is_counted = data.get("is_counted", True)
    return Change(at=data["at"], verb=data["verb"], causes=tuple(data["causes"]), is_counted=is_counted)


def event_to_json(event: Event) -> dict[str, Any]:
    """An event as plain JSON values."""
    found = {
        "v": VERSION,
        "kind": event.kind,
        "time": round(event.time, 3),
        "run": event.run,
        "step": event.step,
        "host": event.host,
        "service": event.service,
        "operation": event.operation,
        "status": event.status.value if event.status else None,
        "changes": [change_to_json(change) for change in event.changes] or None,
        "message": event.message or None,
        "detail": list(event.detail) or None,
        "seconds": None if event.seconds is None else round(event.seconds, 3),
    }
    return {key: value for key, value in found.items() if value is not None}


def event_line(event: Event) -> str:
    """An event as one line of JSON, without the line's end."""
    return _ENCODER.encode(event_to_json(event))


def event_from_json(data: Mapping[str, Any]) -> Event:
    """The event that `event_to_json` wrote (a change's private data is gone)."""
    return Event(
        kind=data["kind"],
        time=data["time"],
        run=data["run"],
        step=data.get("step"),
        host=data.get("host"),
        service=data.get("service"),
        operation=data.get("operation"),
        status=Status(data["status"]) if "status" in data else None,
        changes=tuple(map(change_from_json, data.get("changes", ()))),
        message=data.get("message", ""),
        detail=tuple(data.get("detail", ())),
        seconds=data.get("seconds"),
    )
