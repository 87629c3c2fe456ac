"""The arguments that the tasks of a play give, checked before any of them runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from phlo.errors import PhloError, first_of
from phlo.operations.arguments import check_values
from phlo.operations.fields import field_with, fields_of
from phlo.playbook.handlers import tasks_in
from phlo.playbook.keywords import OWN_OPERATIONS
from phlo.playbook.model import Play, Task
from phlo.sections.accepted import Accepted

_ALONE = "__main__"  # what a task gives without a name


def check_arguments(play: Play, find: Callable[[str], Any], accepted: Accepted) -> None:
    """Raise ConfigError for each argument that its operation does not take, with the place of it.

    find: gives the module of an operation. accepted: the arguments that need no check.
    A value with a template is only checked once it is rendered.
    """
    tasks = [*(task for section in play.sections for task in tasks_in(section)), *play.handlers]
    errors: list[PhloError] = []
    for task in tasks:
        if task.operation not in OWN_OPERATIONS:
            try:
                _check(task, find(task.operation).Args, accepted)
            except PhloError as error:
                errors += error.each()
    if errors:
        raise first_of(errors)


def _check(task: Task, kind: type[Any], accepted: Accepted) -> None:
    value, origin = task.arguments
    if field_with(kind, "passthrough") is not None:
        return
    alone = field_with(kind, "positional")
    if not isinstance(value, Mapping):
        if value is not None and alone is None:
            return  # told when the task runs
        value = {} if value is None else {_ALONE: value}
    names = {name: alone if name == _ALONE and alone else str(name) for name in value}
    known = fields_of(kind)
    final = {names[name]: item for name, item in value.items() if names[name] not in known or not _is_template(item)}

    def place(name: str = "") -> str:
        return (origin / name if name in value else origin).where()

    # What is not final is there, so that it is not reported as missing.
    is_partial = len(final) < len(value)
    check_values(kind, final, place=place, accepted=accepted, is_partial=is_partial)


def _is_template(value: Any) -> bool:
    """Whether a value, or anything in it, is rendered before it is used."""
    if isinstance(value, Mapping):
        return any(map(_is_template, (*value, *value.values())))
    if isinstance(value, (list, tuple)):
        return any(map(_is_template, value))
    return isinstance(value, str) and ("{{" in value or "{%" in value)
