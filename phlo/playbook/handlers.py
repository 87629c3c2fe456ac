"""Handlers: tasks that run once, after others that notified them by name or topic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from phlo.errors import ConfigError, did_you_mean
from phlo.playbook.model import Block, Entry, Play, Task


class Handlers:
    """The handlers of a play, and which hosts notified which of them."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks: list[Task] = []
        self._notified: list[dict[str, None]] = []
        self.add(tasks)

    def add(self, tasks: Iterable[Task]) -> None:
        """Handlers of a role that was included; those that are known already are not added again."""
        for task in tasks:
            if not any(task.origin == known.origin for known in self._tasks):
                self._tasks.append(task)
                self._notified.append({})

    def notify(self, name: str, host: str, *, where: str) -> None:
        """Note that a host's task changed something. Raises ConfigError when no handler listens."""
        found = [index for index, task in enumerate(self._tasks) if name == task.name or name in task.listen]
        named = [index for index in found if self._tasks[index].name == name]
        # Of several handlers with one name the last one counts; all that listen to a topic do.
        chosen = {*named[-1:], *(index for index in found if name in self._tasks[index].listen)}
        if not chosen:
            raise ConfigError(f'there is no handler "{name}"', where=where, fix=did_you_mean(name, self.names()))
        for index in chosen:
            self._notified[index][host] = None

    def names(self) -> list[str]:
        """What can be notified."""
        return [name for task in self._tasks for name in (task.name, *task.listen)]

    def take(self, hosts: Sequence[str]) -> tuple[Task, list[str]] | None:
        """The next notified handler with the hosts (of those given) that notified it; None when there is none left."""
        for task, notified in zip(self._tasks, self._notified, strict=True):
            found = [host for host in hosts if host in notified]
            if found:
                for host in found:
                    del notified[host]
                return task, found
        return None


def check_notifications(play: Play) -> None:
    """Raise ConfigError when a task notifies a handler that nobody could ever have.

    What a template names, and what roles bring that are included only later, is not known before.
    """
    tasks = [task for section in play.sections for task in tasks_in(section)]
    if any(task.operation == "include_role" for task in tasks):
        return
    handlers = Handlers(play.handlers)
    names = handlers.names()
    for task in (*tasks, *play.handlers):
        for raw in task.notify:
            if isinstance(raw.value, str) and "{{" not in raw.value and raw.value not in names:
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
