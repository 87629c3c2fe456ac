"""`meta/argument_specs.yml`: a role's arguments are checked by a task of its own before its first one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.frozen import replace
from phlo.playbook.model import Directives, RoleContext, Task
from phlo.playbook.source import Origin, Raw

# What people read, and a default that the role itself sets, can have templates of the role's own.
_LEFT_OUT = ("description", "version_added", "default", "short_description", "author", "no_log")


def validation_task(
    role: RoleContext, specs: Any, entry: str, parameters: Mapping[str, Any], around: Directives, origin: Origin
) -> Task | None:
    """The task for an entry point, a file of the role's tasks; None when nothing is said of it.

    parameters: what the role is given at the place that names it. origin: of the specifications.
    """
    spec = specs.get(entry) if isinstance(specs, Mapping) else None
    if not isinstance(spec, Mapping) or not spec:
        return None
    title = f" - {spec['short_description']}" if "short_description" in spec else ""
    context = {"type": "role", "name": role.name, "argument_spec_name": entry, "path": str(role.folder)}
    place = origin / entry / "options" if "options" in spec else origin / entry
    return Task(
        name=f"Validating arguments against arg spec '{entry}'{title}",
        operation="validate_argument_spec",
        arguments=Raw(
            {
                "argument_spec": _checked(spec.get("options") or {}),
                "provided_arguments": dict(parameters),
                "validate_args_context": context,
            },
            place,
        ),
        origin=origin / entry,
        folder=role.folder / "tasks",
        directives=replace(around, tags=tuple(dict.fromkeys((*around.tags, "always")))),
        role=role,
        around=around,
    )


def _checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """What of the options is checked; that an option has a default is kept, the default is not."""
    found: dict[str, Any] = {}
    for name, option in options.items():
        given = option if isinstance(option, Mapping) else {}
        found[name] = {key: value for key, value in given.items() if key not in _LEFT_OUT}
        if given.get("default") is not None:
            found[name]["default"] = True
        if isinstance(given.get("options"), Mapping):
            found[name]["options"] = _checked(given["options"])
    return found
