"""The handlers of a play while it runs: tasks that run once, after others that notified them by name or topic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from phlo.errors import ConfigError, did_you_mean
from phlo.playbook.handlers import notifiable
from phlo.playbook.model import Task

NameOf = Callable[[Task], str]


class Handlers:
    """The handlers of a play, and which hosts notified which of them."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks: list[Task] = []
        self._notified: list[dict[str, None]] = []
        self.add(tasks)

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, tasks: Iterable[Task]) -> None:
        """Handlers of a role that was included; those that are known already are not added again."""
        for task in tasks:
            if not any(_are_same(task, known) for known in self._tasks):
                self._tasks.append(task)
                self._notified.append({})

    def notify(self, name: str, host: str, *, where: str, name_of: NameOf) -> None:
        """Note that a host's task changed something. Raises ConfigError when no handler listens.

        name_of: the name of a handler with its templates rendered.
        """
        named = self._named(name, name_of)
        chosen = {*([named] if named is not None else []), *self._listening(name)}
        if not chosen:
            raise ConfigError(f'there is no handler "{name}"', where=where, fix=did_you_mean(name, self.names()))
        for index in chosen:
            self._notified[index][host] = None

    def _named(self, name: str, name_of: NameOf) -> int | None:
        """The handler of a name. As in Ansible the role or play that comes last wins, and in it the first of them."""
        groups = groupby(enumerate(self._tasks), key=_role_of)
        for members in reversed([list(members) for _, members in groups]):
            for index, task in members:
                own = name_of(task)
                if name in (own, f"{task.role.name} : {own}" if task.role else own):
                    return index
        return None

    def _listening(self, topic: str) -> list[int]:
        return [index for index, task in enumerate(self._tasks) if topic in task.listen]

    def names(self) -> list[str]:
        """What can be notified."""
        return notifiable(self._tasks)

    def take(self, index: int, hosts: Sequence[str]) -> tuple[Task, list[str]]:
        """The handler with a number, and the hosts (of those given) that notified it."""
        notified = self._notified[index]
        found = [host for host in hosts if host in notified]
        for host in found:
            del notified[host]
        return self._tasks[index], found


def _role_of(pair: tuple[int, Task]) -> str:
    return str(pair[1].role.folder) if pair[1].role else ""


def _are_same(one: Task, other: Task) -> bool:
    return one.origin == other.origin and one.directives.variables == other.directives.variables
