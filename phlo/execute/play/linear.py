"""The order of a play: tasks one after the other, blocks with rescue and always, handlers at their time."""

from __future__ import annotations

from collections.abc import Sequence

from phlo.errors import PhloError
from phlo.execute.play.batches import has_too_many_failures, is_true
from phlo.execute.play.context import PlayContext
from phlo.execute.play.host_state import HostState
from phlo.execute.play.includes import run_include
from phlo.execute.play.meta import run_meta
from phlo.execute.play.on_hosts import StoppedWithAnotherHostError, run_task
from phlo.execute.play.result import Result, failed, skipped
from phlo.execute.play.task_events import emit_end
from phlo.playbook.handlers import tasks_in
from phlo.playbook.keywords import META_OF_HOSTS
from phlo.playbook.model import Block, Entry, Task
from phlo.values import Change, Status

_INCLUDES = ("include_tasks", "include_role")


class Linear:
    """Runs the entries of a play on the hosts of a batch."""

    def __init__(self, context: PlayContext) -> None:
        self._context = context

    def section(self, entries: tuple[Entry, ...], states: Sequence[HostState]) -> None:
        """Run a section of a play, then the handlers that it notified."""
        self.entries(entries, states)
        self.flush_handlers(states)

    def entries(self, entries: tuple[Entry, ...], states: Sequence[HostState]) -> None:
        for entry in entries:
            active = [state for state in states if state.is_active and not _has_ended_role(state, entry)]
            if not any(state.is_active for state in states) or self._context.must_stop or self._context.is_cancelled():
                return
            if not active:
                continue
            if isinstance(entry, Block):
                self._block(entry, active)
            elif self._context.choice.takes(entry):
                self._task(entry, active)
                if has_too_many_failures(self._context):
                    self._context.must_stop = True

    def flush_handlers(self, states: Sequence[HostState]) -> None:
        """Run what was notified, in the order of the handlers; what a handler notifies before itself waits."""
        context = self._context
        is_forced = is_true(context, context.play.force_handlers)
        index = 0
        while index < len(context.handlers) and not context.must_stop and not context.is_cancelled():
            wanted = [state.name for state in states if state.is_active or (state.failure and is_forced)]
            handler, names = context.handlers.take(index, wanted)
            index += 1
            if not names:
                continue
            chosen = [context.states[name] for name in names]
            failures = {state.name: state.failure for state in chosen}
            for state in chosen:
                state.failure = None
            self._task(handler, chosen)
            for state in chosen:
                state.failure = failures[state.name] or state.failure

    def _block(self, block: Block, states: Sequence[HostState]) -> None:
        if block.once:
            states = [state for state in states if block.once not in state.done_blocks]
            for state in states:
                state.done_blocks.add(block.once)
        context = self._context
        context.rescuers += bool(block.rescue)
        context.guards += bool(block.rescue or block.always)
        self.entries(block.block, states)
        context.rescuers -= bool(block.rescue)
        context.guards += bool(block.always) - bool(block.rescue or block.always)
        failed_ones = [state for state in states if state.failure and not state.is_unreachable]
        if block.rescue:
            for state in failed_ones:
                _remember_failure(state)
                if state.failure and not isinstance(state.failure[1].error, StoppedWithAnotherHostError):
                    state.counts["rescued"] += 1
                state.failure = None
            self.entries(block.rescue, failed_ones)
        context.guards -= bool(block.always)
        self._always(block, states)

    def _always(self, block: Block, states: Sequence[HostState]) -> None:
        """Run `always` on every host that can be reached; one that had failed stays failed."""
        if not block.always:
            return
        reachable = [state for state in states if not state.is_unreachable and not state.is_over]
        failures = {state.name: state.failure for state in reachable}
        for state in reachable:
            if state.failure:
                _remember_failure(state)
            state.failure = None
        self.entries(block.always, reachable)
        for state in reachable:
            state.failure = state.failure or failures[state.name]

    def _task(self, task: Task, states: Sequence[HostState]) -> None:
        if task.operation == "meta":
            self._meta(task, states)
        elif task.operation in _INCLUDES:
            run_include(self._context, task, states, self.entries)
        elif task.operation == "up":
            self._up(task, states)
        else:
            run_task(self._context, task, states)

    def _meta(self, task: Task, states: Sequence[HostState]) -> None:
        what = str(task.arguments.value)
        chosen = []
        for state in states if what in META_OF_HOSTS else states[:1]:
            try:
                scope = self._context.scope(state, task)
                if all(self._context.templar.condition(raw, scope) for raw in task.directives.when):
                    chosen.append(state)
            except PhloError as error:
                self._end(task, state, failed(error))
        if chosen and what == "flush_handlers":
            self.flush_handlers(chosen)
        elif chosen:
            run_meta(self._context, task, what, chosen)

    def _up(self, task: Task, states: Sequence[HostState]) -> None:
        """Bring services up on the hosts they are placed on, all hosts in one run."""
        context = self._context
        wanted = []
        for state in states:
            try:
                scope = context.scope(state, task)
                is_wanted = all(context.templar.condition(raw, scope) for raw in task.directives.when)
            except PhloError as error:
                self._end(task, state, failed(error))
                continue
            if is_wanted:
                wanted.append(state)
            else:
                self._end(task, state, skipped("the condition does not hold"))
        if wanted:
            self._bring_up(task, wanted)

    def _bring_up(self, task: Task, states: Sequence[HostState]) -> None:
        services = task.arguments.value["services"]
        try:
            changes = self._context.run.bring_up(services, [state.name for state in states])
        except PhloError as error:
            for state in states:
                self._end(task, state, failed(error))
            return
        moved = Status.PENDING if self._context.run.check else Status.CHANGED
        for state in states:
            mine: tuple[Change, ...] = changes.get(state.name, ())
            status = moved if any(change.is_counted for change in mine) else Status.OK
            self._end(task, state, Result(status=status, changes=mine))

    def _end(self, task: Task, state: HostState, result: Result) -> None:
        context = self._context
        step = context.task_id(task, state.name, next(context.numbers))
        emit_end(context.emit, step, task, result, None, is_rescued=bool(context.rescuers))
        state.take(task.name, result, is_final=not context.guards)


def _has_ended_role(state: HostState, entry: Entry) -> bool:
    """Whether `meta: end_role` ended the role that an entry belongs to; the first entry of another one forgets it."""
    if state.ended_role is None:
        return False
    if any(task.role and task.role.folder == state.ended_role for task in tasks_in([entry])):
        return True
    state.ended_role = None
    return False


def _remember_failure(state: HostState) -> None:
    """Tell `rescue` and `always` what failed, under phlo's names and Ansible's."""
    assert state.failure is not None
    name, result = state.failure
    task = {"name": name}
    state.set_facts(
        {
            "phlo_failed_task": task,
            "phlo_failed_result": result.data,
            "ansible_failed_task": task,
            "ansible_failed_result": result.data,
        }
    )
