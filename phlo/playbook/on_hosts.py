"""One task on several hosts at once, and what follows from how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phlo.errors import ConfigError, InventoryError, OperationError, PhloError, did_you_mean
from phlo.frozen import replace
from phlo.hosts.host import Host, ReadHost
from phlo.playbook.attempt import Attempt
from phlo.playbook.context import PlayContext
from phlo.playbook.filters import as_boolean
from phlo.playbook.host_state import HostState
from phlo.playbook.model import Task
from phlo.playbook.result import MOVED, Result, failed
from phlo.playbook.scope import Scope
from phlo.playbook.source import Raw
from phlo.values import Secret


def run_task(context: PlayContext, task: Task, states: Sequence[HostState]) -> None:
    """Do a task on hosts: register, notify and failures included."""
    number = next(context.numbers)
    is_once = _flag(context, task, task.directives.run_once, states[0])
    chosen = states[:1] if is_once else states
    futures = [context.pool.submit(_on_host, context, task, state, number) for state in chosen]
    results = [future.result() for future in futures]
    if is_once:
        results = results * len(states)
    for state, result in zip(states, results, strict=True):
        _take(context, task, state, result, is_own=not is_once or state is states[0])
    _spread_failure(context, task, states)


def _on_host(context: PlayContext, task: Task, state: HostState, number: int) -> Result:
    """The result on one host; whatever goes wrong is in it."""
    scope = context.scope(state, task)
    task = replace(task, name=_shown_name(context, task, scope))
    step = context.step(task, state.name, number)
    announcer, clock = context.announcer, context.world.clock
    announcer.task_started(task, state.name, step)
    started = clock()
    is_hidden = False

    def tell(result: Result, label: str) -> None:
        seconds = max(clock() - started, 0.0)
        announcer.task_finished(task, state.name, step, result, label, seconds, is_hidden=is_hidden)

    try:
        is_hidden = _flag(context, task, task.directives.no_log, state)
        attempt = Attempt(
            task=task,
            host=replace(
                _target(context, task, state, scope),
                progress=lambda line: announcer.progress(task, state.name, step, line),
                is_cancelled=context.cancelled.is_set,
            ),
            scope=scope,
            module=context.world.find(task.operation),
            templar=context.templar,
            filled=context.world.filled(task),
            node_of=context.world.node_of if task.directives.delegate_to is None else _as_delegated,
            check=context.world.check or _flag(context, task, task.directives.check_mode, state),
            is_blind=state.has_unapplied,
            shows_diff=context.world.shows_diff,
            tell=tell,
        )
    except PhloError as error:
        result = failed(error)
        tell(result, "")
        return result
    try:
        return attempt.run()
    except Exception as error:  # a fault in phlo or in an operation; it must not take the other hosts along
        what = f"the operation {task.operation} itself failed ({type(error).__name__}: {error})"
        broken = OperationError(announcer.mask(what), where=task.origin.where())
        broken.__cause__ = error
        result = failed(broken)
        tell(result, "")
        return result


def _as_delegated(service: str, host: Host | ReadHost) -> Host | ReadHost:
    """A task that says which host it is done on is done there."""
    return host


def _shown_name(context: PlayContext, task: Task, scope: Scope) -> str:
    """The task's name with its variables filled in; as it was written when they only come with the loop."""
    try:
        return str(context.templar.render(Raw(task.name, task.origin), scope))
    except PhloError:
        return task.name


def _target(context: PlayContext, task: Task, state: HostState, scope: Scope) -> Host | ReadHost:
    """The host that the task is done on: the one it is for, or the one it is delegated to."""
    if task.directives.delegate_to is None:
        return state.host
    raw = task.directives.delegate_to
    name = str(context.templar.render(raw, scope))
    hosts = context.world.hosts
    if name in ("localhost", "127.0.0.1") and name not in hosts:
        name = "local" if "local" in hosts else next(iter(hosts))
    if name not in hosts:
        raise InventoryError(f'there is no host "{name}"', where=raw.origin.where(), fix=did_you_mean(name, hosts))
    return hosts[name]


def _take(context: PlayContext, task: Task, state: HostState, result: Result, *, is_own: bool) -> None:
    """Keep what came of a task on a host."""
    if task.register is not None:
        state.set_facts({task.register: result.data})
    state.set_facts(result.facts)
    if result.status in MOVED and task.notify:
        result = _notify(context, task, state, result)
    if is_own or result.is_bad:
        state.take(task.name, result)


def _notify(context: PlayContext, task: Task, state: HostState, result: Result) -> Result:
    scope = context.scope(state, task)
    try:
        for raw in task.notify:
            value: Any = context.templar.render(raw, scope)
            for name in value if isinstance(value, list) else [value]:
                context.handlers.notify(str(name), state.name, where=raw.origin.where())
    except ConfigError as error:
        context.announcer.note(str(error))
        return failed(error)
    return result


def _spread_failure(context: PlayContext, task: Task, states: Sequence[HostState]) -> None:
    """With `any_errors_fatal` one host's failure is that of all hosts of the batch."""
    bad = next((state for state in states if state.failure and state.failure[0] == task.name), None)
    if bad is None or bad.failure is None:
        return
    raw = task.directives.any_errors_fatal or context.play.any_errors_fatal
    if not _flag(context, task, raw, bad):
        return
    error = OperationError(f"stopped, for the task failed on {bad.name}", where=task.origin.where())
    for state in states:
        if state.failure is None:
            state.failure = (task.name, failed(error))


def _flag(context: PlayContext, task: Task, raw: Raw | None, state: HostState) -> bool:
    """A yes or no that may be a template."""
    if raw is None:
        return False
    if isinstance(raw.value, bool):
        return raw.value
    value = context.templar.render(raw, context.scope(state, task))
    return as_boolean(value.reveal() if isinstance(value, Secret) else value)
