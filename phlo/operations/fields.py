"""How the fields of an operation's `Args` say what a task may write into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.frozen import MISSING, field

if TYPE_CHECKING:
    from dataclasses import Field


class Mode(int):
    """A file mode. In YAML it is written in octal and in quotes (`"0640"`), or as a plain octal number."""


def given(name: str) -> Any:
    """A field that phlo fills in itself and no task may write.

    name: project (the project's name), root (its folder), folder (that of the task file), service (the role's
    service, or ""), network (the project's network), render (renders a template file), ask (asks the user), ...
    """
    return field(metadata={"given": name})


def own(default: Any) -> Any:
    """A field that plans of phlo's own set, and no task may write."""
    return field(default=default, metadata={"given": None})


def expressions() -> Any:
    """A field that takes conditions: it gets pairs of each condition's text and whether it holds."""
    return field(metadata={"expressions": True})


def expression() -> Any:
    """A field that takes an expression: it gets the pair of its text and its value; None when it is not given."""
    return field(default=None, metadata={"expression": True})


def free() -> Any:
    """A field that takes all arguments, whatever they are called."""
    return field(metadata={"free": True})


def main(default: Any = MISSING) -> Any:
    """The field that a task may give alone: `exec: ls` for `exec: {command: ls}`."""
    return field(default=default, metadata={"main": True})


def fields_of(kind: type[Any]) -> dict[str, Field[Any]]:
    """The fields that a task may write, by name."""
    from dataclasses import fields

    return {found.name: found for found in fields(kind) if "given" not in found.metadata}


def filled_in(kind: type[Any]) -> frozenset[str]:
    """What phlo fills in of an operation's arguments, see `given`."""
    from dataclasses import fields

    return frozenset(name for found in fields(kind) if (name := found.metadata.get("given")))


def field_with(kind: type[Any], mark: str) -> str | None:
    """The name of the field with a mark (`main`, `free`, `expressions`), None when there is none."""
    from dataclasses import fields

    return next((found.name for found in fields(kind) if mark in found.metadata), None)
