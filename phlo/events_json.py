"""Events as JSON: what `--output json` prints and what `.phlo/runs/<id>.jsonl` keeps.

One object per event. `v` is the version of the form. Fields with their default value are left out. A step or task is
written as its id (`step`) and the parts that the id is made of.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from phlo.events import (
    Event,
    ItemFinished,
    Note,
    PlayStarted,
    RunFinished,
    RunStarted,
    StepDetails,
    StepFinished,
    StepId,
    StepProgress,
    StepStarted,
    TaskId,
    UndoFinished,
    UndoStarted,
)
from phlo.values import Change, Status
from phlo.visible import visible_json

VERSION = 2
RESULTS = ("ok", "changed", "pending", "failed", "rolled_back", "unreachable", "interrupted")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
# More than the seconds of four thousand years are no time.
_MOST_SECONDS = 1 << 37


def change_to_json(change: Change) -> dict[str, Any]:
    """A change without its private data."""
    found: dict[str, Any] = {"at": change.at, "verb": change.verb, "causes": list(change.causes)}
    return found if change.is_counted else {**found, "is_counted": False}


def event_to_json(event: Event) -> dict[str, Any]:
    """An event as plain JSON values."""
    kind = _NAMES[type(event)]
    found: dict[str, Any] = {"v": VERSION, "kind": kind, "time": round(event.time, 3), "run": event.run}
    for name, form in KINDS[kind].fields.items():
        value = getattr(event, name)
        if form.is_parts:
            found.update(_parts_of(value))
        elif form.is_needed or value != form.default:
            found[name] = form.write(value)
    return found


def event_line(event: Event) -> str:
    """An event as one line of JSON, without the line's end."""
    return visible_json(_ENCODER.encode(event_to_json(event)))


def event_from_json(data: Any) -> Event:
    """The event that `event_to_json` wrote (a change's private data is gone).

    Raises ValueError for everything else: a key that is missing, unknown or of another type.
    """
    if not isinstance(data, dict) or type(data.get("v")) is not int:
        raise ValueError("is not an event")
    if data["v"] != VERSION:
        raise ValueError(f"has version {data['v']} of the events' form, and this phlo reads version {VERSION}")
    kind = _text(data.get("kind"), "kind")
    if kind not in KINDS:
        raise ValueError("is of no known kind")
    left = {key: value for key, value in data.items() if key not in ("v", "kind")}
    found = {name: form.read(_taken(left, name), name) for name, form in _SHARED.items()}
    for name, form in KINDS[kind].fields.items():
        if form.is_parts:
            found[name] = _id_from(left)
        elif form.is_needed or name in left:
            found[name] = form.read(_taken(left, name), name)
    if left:
        raise ValueError(f"has an unknown key, {next(iter(left))}")
    event: Event = KINDS[kind].type(**found)
    if kind == "item_finished" and not isinstance(found["step"], TaskId):
        raise ValueError("is an item of no task")
    return event


def _taken(left: dict[str, Any], name: str) -> Any:
    if name not in left:
        raise ValueError(f"has no {name}")
    return left.pop(name)


# -- steps and tasks ------------------------------------------------------------------------------------


def _parts_of(step: StepId | TaskId) -> dict[str, Any]:
    found: dict[str, Any] = {"step": str(step), "host": step.host, "service": step.service}
    found |= {"operation": step.operation, "name": step.name}
    if isinstance(step, TaskId):
        found |= {"play": step.play, "number": step.number}
        if step.parent:
            found["parent"] = step.parent
    return found


def _id_from(left: dict[str, Any]) -> StepId | TaskId:
    """The step or task whose parts are taken out of `left`; the id that is written there has to be its own."""
    written = _text(_taken(left, "step"), "step")
    parts = {name: _text(_taken(left, name), name) for name in ("host", "service", "operation", "name")}
    found: StepId | TaskId
    if "number" in left:
        number, play = _taken(left, "number"), _text(_taken(left, "play"), "play")
        if type(number) is not int:
            raise ValueError("number should be a whole number")
        found = TaskId(**parts, play=play, number=number, parent=_text(left.pop("parent", ""), "parent"))
    else:
        found = StepId(**parts)
    if str(found) != written:
        raise ValueError("has a step whose id is not made of its parts")
    return found


# -- the forms of fields ----------------------------------------------------------------------------------


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} should be a text")
    return value


def _result(value: Any, name: str) -> str:
    if value not in RESULTS:
        raise ValueError(f"{name} should be one of {', '.join(RESULTS)}")
    return _text(value, name)


def _number(value: Any, name: str) -> float:
    if type(value) not in (int, float) or not -_MOST_SECONDS < value < _MOST_SECONDS:
        raise ValueError(f"{name} should be a number of seconds")
    return float(value)


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} should be true or false")
    return value


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{name} should be a list")
    return value


def _texts(value: Any, name: str) -> tuple[str, ...]:
    return tuple(_text(one, name) for one in _list(value, name))


def _changes(value: Any, name: str) -> tuple[Change, ...]:
    return tuple(map(_change, _list(value, name)))


def _change(data: Any) -> Change:
    if not isinstance(data, dict) or not {"at", "verb", "causes"} <= data.keys() <= _CHANGE_KEYS:
        raise ValueError("has an invalid change")
    return Change(
        at=_text(data["at"], "at"),
        verb=_text(data["verb"], "verb"),
        causes=_texts(data["causes"], "causes"),
        is_counted=_flag(data.get("is_counted", True), "is_counted"),
    )


_CHANGE_KEYS = frozenset({"at", "verb", "causes", "is_counted"})


class Form(NamedTuple):
    """How a field is written and read, and its JSON Schema. default: the value for which the field is left out."""

    write: Callable[[Any], Any]
    read: Callable[[Any, str], Any]
    schema: Mapping[str, Any]
    is_needed: bool = True
    default: Any = None
    is_parts: bool = False

    def unless(self, default: Any) -> Form:
        return self._replace(is_needed=False, default=default)


def _same(value: Any) -> Any:
    return value


_CHANGE_SCHEMA = {
    "type": "object",
    "required": ["at", "verb", "causes"],
    "additionalProperties": False,
    "properties": {
        "at": {"type": "string", "description": "What is changed, e.g. container:lake-web-1."},
        "verb": {"type": "string", "description": "What was or would be done, e.g. recreate."},
        "causes": {"type": "array", "minItems": 1, "items": {"type": "string"}},
        "is_counted": {"type": "boolean", "description": "False for a wait or a tidy-up; otherwise left out."},
    },
}
_TEXT = Form(_same, _text, {"type": "string"})
_TEXTS = Form(list, _texts, {"type": "array", "items": {"type": "string"}})
_SECONDS = Form(lambda value: round(value, 3), _number, {"type": "number"})
_FLAG = Form(_same, _flag, {"type": "boolean"}).unless(False)
_STATUS = Form(
    lambda status: status.value,
    lambda value, name: Status(_text(value, name)),
    {"enum": [status.value for status in Status]},
)
_CHANGES = Form(
    lambda changes: [change_to_json(change) for change in changes],
    _changes,
    {"type": "array", "items": _CHANGE_SCHEMA},
).unless(())
_RESULT = Form(_same, _result, {"enum": list(RESULTS)})
_STEP = Form(_same, _text, {}, is_parts=True)
_SHARED = {"time": _SECONDS, "run": _TEXT}


class Kind(NamedTuple):
    """A kind of event: its type, and the forms of its fields besides `time` and `run`."""

    type: Any
    fields: Mapping[str, Form]


_MESSAGE, _DETAIL, _TOOK = _TEXT.unless(""), _TEXTS.unless(()), _SECONDS.unless(None)
_END = {"status": _STATUS, "changes": _CHANGES, "message": _MESSAGE, "detail": _DETAIL, "seconds": _TOOK}
_TASK_END = {**_END, "where": _MESSAGE, "is_ignored": _FLAG}
_SERVICE = {"host": _TEXT, "service": _TEXT}
KINDS: Mapping[str, Kind] = {
    "run_started": Kind(RunStarted, {"title": _TEXT}),
    "play_started": Kind(PlayStarted, {"play": _TEXT, "hosts": _DETAIL}),
    "step_started": Kind(StepStarted, {"step": _STEP}),
    "step_progress": Kind(StepProgress, {"step": _STEP, "message": _TEXT, "is_output": _FLAG}),
    "step_details": Kind(StepDetails, {"step": _STEP, "arguments": _MESSAGE, "observed": _MESSAGE, "result": _MESSAGE}),
    "item_finished": Kind(ItemFinished, {"step": _STEP, "item": _TEXT, **_TASK_END}),
    "step_finished": Kind(StepFinished, {"step": _STEP, **_TASK_END, "is_rescued": _FLAG}),
    "undo_started": Kind(UndoStarted, {**_SERVICE, "message": _MESSAGE}),
    "undo_finished": Kind(
        UndoFinished, {**_SERVICE, "status": _STATUS, "message": _MESSAGE, "detail": _DETAIL, "seconds": _TOOK}
    ),
    "note": Kind(Note, {"message": _TEXT, "detail": _DETAIL}),
    "run_finished": Kind(RunFinished, {"result": _RESULT, "seconds": _SECONDS}),
}
_NAMES = {kind.type: name for name, kind in KINDS.items()}
