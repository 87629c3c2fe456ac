"""`develop.watch`: what to do when files change (Compose specification, "Compose Develop Specification")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.compose.model import WatchRule
from phlo.compose.mounts import target_path
from phlo.compose.process import command, path_in
from phlo.compose.reading import At, Items, each, record
from phlo.compose.scalars import boolean, one_of, text, texts

ACTIONS = ("rebuild", "sync", "restart", "sync+restart", "sync+exec")


def develop(value: Any, at: At) -> Items:
    """The rules of `watch`; the other attributes of `develop` are none of the specification's."""
    fields = record(value, at, {"watch": _rules})
    found: Items = fields.get("watch", Items.of(()))
    return found


def _rules(value: Any, at: At) -> Items:
    return each([value] if isinstance(value, Mapping) else value, at, _rule)


def _rule(value: Any, at: At) -> WatchRule:
    fields = record(
        value,
        at,
        {
            "action": one_of(*ACTIONS),
            "path": path_in,
            "target": lambda item, here: target_path(text(item, here), here),
            "ignore": texts,
            "include": texts,
            "initial_sync": boolean,
            "exec": _exec,
        },
        required=("action", "path"),
    )
    action = fields["action"]
    if action.startswith("sync") and "target" not in fields:
        raise at.error(f'"{action}" needs a target', "Write target: /PATH/IN/THE/CONTAINER.")
    if (action == "sync+exec") != ("exec" in fields):
        what = '"sync+exec" needs a command' if action == "sync+exec" else f'"exec" has no meaning with "{action}"'
        raise at.error(what, "Write action: sync+exec, and exec: {command: ...}.")
    return WatchRule(**fields)


def _exec(value: Any, at: At) -> tuple[str, ...]:
    fields = record(value, at, {"command": command, "user": text, "privileged": boolean, "working_dir": text})
    for name in ("user", "privileged", "working_dir"):
        if name in fields:
            at[name].warn("is not used; the command is run as the container's user, in its folder")
    return tuple(map(str, fields.get("command", ())))
