"""The JSON Schema of events (draft 2020-12), made from the forms that write and read them."""

from __future__ import annotations

import json
from typing import Any

from phlo.events_json import KINDS, VERSION

_TEXT = {"type": "string"}
_STEP = {
    "step": {
        "type": "string",
        "description": "The id, unique in the run: HOST/SERVICE/NAME, or HOST/PLAY/NUMBER NAME.",
    },
    "host": _TEXT,
    "service": {"type": "string", "description": "Empty for what belongs to no service."},
    "operation": _TEXT,
    "name": {"type": "string", "description": "Which of the service's steps, e.g. ready:2; of a task, its name."},
}
_TASK = {
    "play": {"type": "string", "description": "Of a task: its play, or the service whose role it belongs to."},
    "number": {"type": "integer", "description": "Of a task: counts the tasks of its run."},
    "parent": {"type": "string", "description": "Of a role's task: the step that runs it."},
}


def schema_text() -> str:
    """The schema, as `phlo history schema` prints it."""
    return json.dumps(schema(), indent=2) + "\n"


def schema() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"phlo event, version {VERSION}",
        "description": "What happened in a run: one line of `--output json` and of .phlo/runs/RUN.jsonl.",
        "oneOf": [kind_schema(kind) for kind in KINDS],
    }


def kind_schema(kind: str) -> dict[str, Any]:
    """The schema of the events of one kind."""
    properties: dict[str, Any] = {
        "v": {"const": VERSION},
        "kind": {"const": kind},
        "time": {"type": "number", "description": "Seconds since the epoch."},
        "run": {"type": "string", "minLength": 1, "description": "The run's id; ids sort by time."},
    }
    needed = list(properties)
    depends: dict[str, list[str]] = {}
    for name, form in KINDS[kind].fields.items():
        if form.is_parts:
            properties |= {**_STEP, **_TASK}
            needed += [*_STEP, *(("play", "number") if kind == "item_finished" else ())]
            depends = {"play": ["number"], "number": ["play"], "parent": ["play"]}
            continue
        properties[name] = dict(form.schema)
        if form.is_needed:
            needed.append(name)
    found = {"type": "object", "required": needed, "additionalProperties": False, "properties": properties}
    return {**found, "dependentRequired": depends} if depends else found
