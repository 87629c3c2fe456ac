"""What the parts of a run share while one play goes on."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from phlo.frozen import dataclass, field
from phlo.playbook.announce import Announcer
from phlo.playbook.handlers import Handlers
from phlo.playbook.host_state import HostState
from phlo.playbook.model import Play, Task
from phlo.playbook.scope import Scope, final
from phlo.playbook.selection import Choice
from phlo.playbook.surroundings import Surroundings
from phlo.playbook.templating import Templar


@dataclass(slots=True, kw_only=True)
class PlayContext:
    """states: every host of the run. hosts: those of the play; batch: those of the batch under way."""

    world: Surroundings
    templar: Templar
    announcer: Announcer
    choice: Choice
    play: Play
    handlers: Handlers
    states: Mapping[str, HostState]
    hosts: Sequence[str]
    pool: ThreadPoolExecutor
    cancelled: threading.Event
    batch: Sequence[str] = ()
    must_stop: bool = False
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def step(self, task: Task, host: str, number: int) -> str:
        """The id of a task on a host, for events."""
        return f"{host}/{self.play.name}/{number} {task.name}"

    def scope(self, state: HostState, task: Task) -> Scope:
        """The variables of a task on a host."""
        active = [name for name in self.hosts if self.states[name].is_active]
        shared = {
            "ansible_play_hosts": active,
            "play_hosts": active,
            "ansible_play_hosts_all": list(self.hosts),
            "ansible_play_batch": [name for name in self.batch if self.states[name].is_active],
            "ansible_play_name": self.play.name,
        }
        return self.world.scope(state, self.play, task, final(shared), self.states)
