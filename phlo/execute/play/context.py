"""What the parts of a run share while one play goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from phlo.events import StepId, TaskId
from phlo.execute.emitter import Emitter
from phlo.execute.play.facts_layer import gather_facts
from phlo.execute.play.handlers import Handlers
from phlo.execute.play.host_state import HostState
from phlo.execute.play.run_context import RunContext
from phlo.execute.play.task_host import as_directed
from phlo.execute.worker_pool import WorkerPool
from phlo.frozen import dataclass
from phlo.playbook.model import Play, Task
from phlo.playbook.scope import Scope, final
from phlo.playbook.selection import Choice
from phlo.playbook.templating import Templar


@dataclass(slots=True, kw_only=True)
class PlayContext:
    """states: every host of the run. hosts: those of the play; batch: those of the batch under way.

    workers: threads for several hosts at once; None: one host after the other.
    is_over: `meta: end_play` ended the play.
    numbers: of the tasks of the run. parent: the plan's step that the tasks are a part of, None in a playbook.
    rescuers: how many blocks with a `rescue` are around what runs now.
    guards:   how many blocks with a `rescue` or `always` that is still to come.
    is_cancelled: True once a signal asked the run to stop.
    """

    run: RunContext
    templar: Templar
    emit: Emitter
    choice: Choice
    play: Play
    handlers: Handlers
    states: dict[str, HostState]
    hosts: Sequence[str]
    workers: WorkerPool | None
    is_cancelled: Callable[[], bool]
    batch: Sequence[str] = ()
    must_stop: bool = False
    is_over: bool = False
    rescuers: int = 0
    guards: int = 0
    numbers: Iterator[int]
    parent: StepId | None = None

    def state(self, name: str) -> HostState:
        """A host of the inventory, in this play or not."""
        return self.states.setdefault(name, self.run.state(name))

    def task_id(self, task: Task, host: str, number: int) -> TaskId:
        """The id of a task on a host, for events."""
        return TaskId(
            host=host,
            play=self.play.name,
            number=number,
            name=self.emit.mask(task.name),
            operation=task.operation,
            service=self.parent.service if self.parent else task.role.service if task.role else "",
            parent=str(self.parent) if self.parent else "",
        )

    def scope(self, state: HostState, task: Task) -> Scope:
        """The variables of a task on a host."""
        active = [name for name in self.hosts if self.states[name].is_active]
        shared = {
            "ansible_play_hosts": active,
            "play_hosts": active,
            "ansible_play_hosts_all": list(self.hosts),
            "ansible_play_batch": [name for name in self.batch if self.states[name].is_active],
            "ansible_play_name": self.play.name,
            "ansible_run_tags": sorted(self.choice.only) or ["all"],
            "ansible_skip_tags": sorted(self.choice.skip),
        }

        def look() -> Mapping[str, Any]:
            return gather_facts(as_directed(state.host, task, self.templar, scope), self.run.project.root)

        facts = self.run.facts_layer(state, self.play, look)
        scope = self.run.scope(state, self.play, task, final(shared), self.states, facts)
        return scope
