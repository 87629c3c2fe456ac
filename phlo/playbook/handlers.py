"""What tasks may notify, checked before a play runs."""

from __future__ import annotations

from collections.abc import Iterable

from phlo.errors import ConfigError, did_you_mean
from phlo.playbook.model import Block, Entry, Play, Task


def notifiable(handlers: Iterable[Task]) -> list[str]:
    """The names and topics of handlers."""
    return [name for task in handlers for name in (task.name, *task.listen)]


def check_notifications(play: Play) -> None:
    """Raise ConfigError when a task notifies a handler that nobody could ever have.

    What a template names, and what roles bring that are included only later, is not known before.
    """
    tasks = [task for section in play.sections for task in tasks_in(section)]
    is_open = any("{{" in task.name for task in play.handlers)
    if is_open or any(task.operation in ("include_role", "include_tasks") for task in (*tasks, *play.handlers)):
        return
    names = notifiable(play.handlers)
    known = {*names, *(f"{task.role.name} : {task.name}" for task in play.handlers if task.role)}
    for task in (*tasks, *play.handlers):
        for raw in task.directives.notify:
            if isinstance(raw.value, str) and "{{" not in raw.value and raw.value not in known:
                fix = did_you_mean(raw.value, names) or "Write it under handlers, or in the role's handlers/main.yaml."
                raise ConfigError(f'there is no handler "{raw.value}"', where=raw.origin.where(), fix=fix)


def tasks_in(entries: Iterable[Entry]) -> list[Task]:
    """All tasks of blocks and lists, in their order."""
    found: list[Task] = []
    for entry in entries:
        if isinstance(entry, Block):
            found += tasks_in((*entry.block, *entry.rescue, *entry.always))
        else:
            found.append(entry)
    return found
