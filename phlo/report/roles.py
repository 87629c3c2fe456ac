"""The roles there are, as a table; and one role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from phlo.playbook.role_about import RoleAbout
from phlo.report.style import Style
from phlo.report.table import table


def roles_table(roles: Iterable[RoleAbout], style: Style) -> str:
    return table(("role", "from", ""), [(one.name, one.origin, one.description) for one in roles], style)


def role_data(about: RoleAbout) -> dict[str, Any]:
    return {
        "name": about.name,
        "from": about.origin,
        "folder": str(about.folder),
        "description": about.description,
        "arguments": about.arguments,
        "defaults": {name: _plain(value) for name, value in about.defaults.items()},
        "tasks": list(about.tasks),
        "dependencies": list(about.dependencies),
    }


def role_text(about: RoleAbout, style: Style) -> str:
    """A role with its arguments; defaults that no argument describes are listed below them."""
    head = [("role", about.name), ("from", about.origin), ("folder", str(about.folder))]
    head += [("tasks", ", ".join(about.tasks))] if about.tasks else []
    head += [("needs", ", ".join(about.dependencies))] if about.dependencies else []
    parts = [about.description, table((), head, style)] if about.description else [table((), head, style)]
    if about.arguments:
        parts.append(table(("argument", "type", "default", ""), list(_arguments(about)), style))
    others = {name: value for name, value in about.defaults.items() if name not in about.arguments}
    if others:
        parts.append(table(("variable", "default"), [(name, _text(value)) for name, value in others.items()], style))
    return "\n\n".join(parts)


def _arguments(about: RoleAbout) -> Iterator[tuple[str, str, str, str]]:
    for name, given in about.arguments.items():
        spec: Mapping[str, Any] = given or {}
        default = about.defaults.get(name, spec.get("default"))
        shown = "required" if spec.get("required") and default is None else _text(default)
        said = spec.get("description") or ""
        text = " ".join(map(str, said)) if isinstance(said, list) else str(said)
        if choices := spec.get("choices"):
            text = f"{text} One of {', '.join(map(str, choices))}.".strip()
        kind = str(spec.get("type", "str"))
        kind = f"{kind} of {spec['elements']}" if spec.get("elements") else kind
        yield name, kind, shown, text


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    import json

    return json.dumps(_plain(value), ensure_ascii=False) if isinstance(value, (list, Mapping)) else str(value)


def _plain(value: Any) -> Any:
    """A value as JSON has it; a secret is masked."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
