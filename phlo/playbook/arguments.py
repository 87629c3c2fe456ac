"""The arguments that the tasks of a play name, checked before any of them runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from phlo.errors import ConfigError, PhloError, did_you_mean, first_of
from phlo.operations.fields import field_with, fields_of
from phlo.playbook.handlers import tasks_in
from phlo.playbook.keywords import OWN_OPERATIONS
from phlo.playbook.model import Play, Task

_ALONE = "__main__"  # what a task gives without a name
_WITHOUT_ARGUMENTS = (*OWN_OPERATIONS, "up")  # the last is what a play makes of a role of a service


def check_arguments(play: Play, find: Callable[[str], Any]) -> None:
    """Raise ConfigError for each argument that its operation does not have, with the place of it.

    find: gives the module of an operation.
    Whether values are right is only known once they are rendered.
    """
    tasks = [*(task for section in play.sections for task in tasks_in(section)), *play.handlers]
    errors = [error for task in tasks if task.operation not in _WITHOUT_ARGUMENTS for error in _unknown(task, find)]
    if errors:
        raise first_of(errors)


def _unknown(task: Task, find: Callable[[str], Any]) -> Iterator[PhloError]:
    value, origin = task.arguments
    kind = find(task.operation).Args
    if not isinstance(value, Mapping) or field_with(kind, "free") is not None:
        return
    known = fields_of(kind)
    for name in value:
        if name not in known and name != _ALONE:
            fix = did_you_mean(str(name), known)
            yield ConfigError(f'{task.operation} has no argument "{name}"', where=(origin / name).where(), fix=fix)
