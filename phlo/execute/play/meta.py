"""What the tasks of `meta` do, besides running handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from phlo.execute.play.context import PlayContext
from phlo.execute.play.host_state import HostState
from phlo.playbook.model import Task

Effect = Callable[[PlayContext, Task, Sequence[HostState]], None]


def run_meta(context: PlayContext, task: Task, what: str, states: Sequence[HostState]) -> None:
    """Do what a `meta` task says. states: the hosts whose conditions hold."""
    _EFFECTS[what](context, task, states)


def _end_host(context: PlayContext, task: Task, states: Sequence[HostState]) -> None:
    for state in states:
        state.is_over = True


def _end_role(context: PlayContext, task: Task, states: Sequence[HostState]) -> None:
    for state in states:
        state.ended_role = task.role.folder if task.role else None


def _end_batch(context: PlayContext, task: Task, states: Sequence[HostState]) -> None:
    for name in context.batch:
        context.states[name].is_over = True


def _end_play(context: PlayContext, task: Task, states: Sequence[HostState]) -> None:
    _end_batch(context, task, states)
    context.is_over = True


def _clear_host_errors(context: PlayContext, task: Task, states: Sequence[HostState]) -> None:
    """Take hosts that failed in again, from the next play on."""
    for name in context.batch:
        state = context.states[name]
        if state.failure or state.is_unreachable:
            state.failure, state.is_unreachable, state.is_lost, state.is_over = None, False, False, True


def _clear_facts(context: PlayContext, task: Task, states: Sequence[HostState]) -> None:
    for name in context.batch:
        context.states[name].gathered.clear()


def _refresh_inventory(context: PlayContext, task: Task, states: Sequence[HostState]) -> None:
    """Read the inventory again. The play keeps its hosts; the next one gets those that there are then."""
    context.run.members.refresh()


def _noop(context: PlayContext, task: Task, states: Sequence[HostState]) -> None:
    """Nothing."""


_EFFECTS: Mapping[str, Effect] = {
    "clear_facts": _clear_facts,
    "clear_host_errors": _clear_host_errors,
    "end_batch": _end_batch,
    "end_host": _end_host,
    "end_play": _end_play,
    "end_role": _end_role,
    "noop": _noop,
    "refresh_inventory": _refresh_inventory,
}
