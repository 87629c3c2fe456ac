"""How the fields of an operation's `Args` declare what a task may write into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.frozen import MISSING, field

if TYPE_CHECKING:
    from dataclasses import Field


class Mode(int):
    """A file mode. In YAML it is written in octal and in quotes (`"0640"`), or as a plain octal number."""


class AnyMode(str):
    """A file mode as `Mode`, or in symbols (`"u=rw,g=r"`, `"a+X"`); a field's value is an int or a text."""


def injected(name: str) -> Any:
    """A field whose value comes from the run, and that no task may write.

    name: project (the project's name), root (its folder), folder (that of the task file), service (the role's
    service, or ""), network (the project's network), render (renders a template file), ask (asks the user), ...
    """
    return field(metadata={"injected": name})


def internal(default: Any) -> Any:
    """A field that only phlo's own plans set, and no task may write."""
    return field(default=default, metadata={"injected": None})


def expressions() -> Any:
    """A field that takes conditions: its value is pairs of each condition's text and whether the condition holds."""
    return field(metadata={"expressions": True})


def expression() -> Any:
    """A field that takes an expression: its value is the pair of text and result; None without one."""
    return field(default=None, metadata={"expression": True})


def passthrough() -> Any:
    """A field that takes all arguments, under any names."""
    return field(metadata={"passthrough": True})


def positional(default: Any = MISSING) -> Any:
    """The field that a task may give alone: `exec: ls` for `exec: {command: ls}`."""
    return field(default=default, metadata={"positional": True})


def fields_of(kind: type[Any]) -> dict[str, Field[Any]]:
    """The fields that a task may write, by name."""
    from dataclasses import fields

    return {found.name: found for found in fields(kind) if "injected" not in found.metadata}


def is_required(found: Field[Any]) -> bool:
    """Whether a task has to give the field."""
    from dataclasses import MISSING as NONE

    return found.default is NONE and found.default_factory is NONE


def injected_names(kind: type[Any]) -> frozenset[str]:
    """What an operation needs from the run, see `injected`."""
    from dataclasses import fields

    return frozenset(name for found in fields(kind) if (name := found.metadata.get("injected")))


def field_with(kind: type[Any], mark: str) -> str | None:
    """The name of the field with a mark (`positional`, `passthrough`, `expressions`), None without one."""
    from dataclasses import fields

    return next((found.name for found in fields(kind) if mark in found.metadata), None)


def expressions_in(kind: type[Any]) -> dict[str, str]:
    """The fields that take expressions instead of values, and of which sort: `expression` or `expressions`."""
    from dataclasses import fields

    marks = ("expression", "expressions")
    return {found.name: mark for found in fields(kind) for mark in marks if mark in found.metadata}
