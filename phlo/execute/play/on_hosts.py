"""One task on several hosts at once, and what follows from how it ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Any

from phlo.errors import ConfigError, InventoryError, OperationError, PhloError
from phlo.execute.play.attempt import Attempt
from phlo.execute.play.connection_words import check_connection
from phlo.execute.play.context import PlayContext
from phlo.execute.play.host_state import HostState
from phlo.execute.play.result import BAD, MOVED, Result, failed
from phlo.execute.play.task_events import emit_end, emit_item_end
from phlo.execute.play.task_host import on_control_machine
from phlo.execute.write_gate import LookAgainError, NotOpenedError
from phlo.frozen import replace
from phlo.hosts.host import Host, ReadHost
from phlo.inventory.hosts import CONTROL_MACHINE, LOCAL
from phlo.playbook.filters import as_boolean
from phlo.playbook.keywords import FOR_INVENTORY, FOR_ONE_HOST
from phlo.playbook.model import Task
from phlo.playbook.scope import Layer, Scope, final
from phlo.playbook.source import Raw
from phlo.stop_signals import take_from
from phlo.values import Secret, Status


class StoppedWithAnotherHostError(OperationError):
    """The host did nothing wrong, another one of its batch did."""


def run_task(context: PlayContext, task: Task, states: Sequence[HostState]) -> None:
    """Do a task on hosts: register, notify and failures included."""
    number = next(context.numbers)
    is_for_one = task.operation in FOR_ONE_HOST
    is_once = is_for_one or _flag(context, task, task.directives.run_once, states[0])
    chosen = states[:1] if is_once else states
    results = _throttled(
        context, task, [partial(_on_host, context, task, state, number) for state in chosen], states[0]
    )
    if is_once:
        results = results * len(states)
    for state, result in zip(states, results, strict=True):
        is_own = not is_once or state is states[0]
        if is_own or result.is_bad or not is_for_one:
            _take(context, task, state, result, is_own=is_own)
    _spread_failure(context, task, states)


def _throttled(
    context: PlayContext, task: Task, calls: Sequence[Callable[[], Result]], first: HostState
) -> list[Result]:
    """The results of calls, as many at a time as `throttle` allows; 0 is no limit."""
    raw = task.directives.throttle
    if raw is None:
        return _side_by_side(context, calls)
    value = context.templar.render(raw, context.scope(first, task))
    if not str(value).isdecimal():
        raise ConfigError(f'throttle should be a number, got "{value}"', where=raw.origin.where(), fix="Write e.g. 2.")
    size = int(value) or max(len(calls), 1)
    parts = [calls[start : start + size] for start in range(0, len(calls), size)]
    return [result for part in parts for result in _side_by_side(context, part)]


def _side_by_side(context: PlayContext, calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """The results of calls, in their order. What one of them raises is raised once all have ended."""
    if context.workers is None:
        return [call() for call in calls]
    ended: SimpleQueue[tuple[int, Result | BaseException]] = SimpleQueue()

    def make(index: int) -> None:
        try:
            ended.put((index, calls[index]()))
        except BaseException as error:
            ended.put((index, error))

    for index in range(len(calls)):
        context.workers.submit(index, partial(make, index))
    found = dict(take_from(ended) for _ in calls)
    results = []
    for index in range(len(calls)):
        result = found[index]
        if isinstance(result, BaseException):
            raise result
        results.append(result)
    return results


def _on_host(context: PlayContext, task: Task, state: HostState, number: int) -> Result:
    """The result on one host; whatever goes wrong is in it."""
    scope = context.scope(state, task)
    task = replace(task, name=_shown_name(context, task, scope))
    step = context.task_id(task, state.name, number)
    emit, clock = context.emit, context.run.clock
    emit.step_started(step)
    started = clock()
    is_hidden = False
    diff = task.directives.diff

    items_began = started

    def notify(result: Result, item: str) -> None:
        nonlocal items_began
        began, items_began = items_began, clock()
        emit_item_end(emit, step, task, item, result, max(items_began - began, 0.0), is_hidden=is_hidden)

    def explain(**details: Any) -> None:
        if not is_hidden:
            emit.details(step, **details)

    def keep(result: Result) -> None:
        if not result.owner:
            _keep(context, task, state, result)
        if task.register is not None:
            state.set_facts({task.register: result.data})

    def ready(host: Host | ReadHost) -> Host | ReadHost:
        return replace(host, progress=lambda line: emit.progress(step, line), is_cancelled=context.is_cancelled)

    def target_of(inner: Scope) -> tuple[Host | ReadHost, Layer]:
        name = _delegated(context, task, inner)
        return (ready(state.host), {}) if name is None else (ready(_target(context, task, name)), _about(context, name))

    try:
        is_hidden = _flag(context, task, task.directives.no_log, state)
        check_connection(context, task, state)
        result = Attempt(
            task=task,
            host=ready(state.host),
            target_of=target_of,
            scope=scope,
            module=context.run.find(task.operation),
            templar=context.templar,
            injected=context.run.injected(task, state.name),
            accepted=context.run.loader.accepted,
            node_of=context.run.node_of if task.directives.delegate_to is None else _as_delegated,
            reader_of=context.run.reader_of,
            before_change=context.run.before_change,
            check=context.run.check or _flag(context, task, task.directives.check_mode, state),
            is_blind=state.has_unapplied,
            shows_diff=context.run.shows_diff if diff is None else _flag(context, task, diff, state),
            notify=notify,
            owner_of=partial(_owner, context, task, state),
            keep=keep,
            explain=explain,
        ).run()
    except PhloError as error:
        result = failed(error)
    except (LookAgainError, NotOpenedError):
        raise
    except Exception as error:  # a fault in phlo or in an operation; it must not take the other hosts along
        what = f"the operation {task.operation} itself failed ({type(error).__name__}: {error})"
        broken = OperationError(emit.mask(what), where=task.origin.where())
        broken.__cause__ = error
        result = failed(broken)
    seconds = max(clock() - started, 0.0)
    emit_end(emit, step, task, result, seconds, is_hidden=is_hidden, is_rescued=bool(context.rescuers))
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


def _delegated(context: PlayContext, task: Task, scope: Scope) -> str | None:
    """The name of the host that the task is delegated to."""
    raw = task.directives.delegate_to
    return None if raw is None else str(context.templar.render(raw, scope))


def _about(context: PlayContext, name: str) -> Layer:
    """`ansible_delegated_vars`: the variables of the host that a task is delegated to."""
    return final({"ansible_delegated_vars": context.run.hostvars(context.play, context.states, [name])})


def _target(context: PlayContext, task: Task, name: str) -> Host | ReadHost:
    """The host that a task is delegated to."""
    raw = task.directives.delegate_to
    assert raw is not None
    members = context.run.members
    if name in CONTROL_MACHINE:
        known = members.names()
        found = name if name in known else LOCAL if LOCAL in known else known[0]
        return on_control_machine(members.host(found))
    try:
        return members.host(name)
    except InventoryError as error:
        raise InventoryError(error.what, where=raw.origin.where(), fix=error.fix) from None


def _take(context: PlayContext, task: Task, state: HostState, result: Result, *, is_own: bool) -> None:
    """Keep what came of a task on a host."""
    if task.register is not None:
        state.set_facts({task.register: result.data})
    for one in (result, *result.for_others):
        _keep(context, task, state, one)
    if result.status in MOVED and task.directives.notify and is_own:
        result = _notify(context, task, state, result)
    if is_own or result.is_bad:
        state.take(task.name, result, is_final=not context.guards)


def _owner(context: PlayContext, task: Task, state: HostState, scope: Scope) -> str:
    """Whose variables a task sets: "" for those of its host; with `delegate_facts` the host that it is done on."""
    is_other = _flag(context, task, task.directives.delegate_facts, state)
    return (_delegated(context, task, scope) or "") if is_other else ""


def _keep(context: PlayContext, task: Task, state: HostState, result: Result) -> None:
    """Keep what a task, or an item of its loop, sets: variables, and what it adds to the inventory of the run."""
    if result.status in BAD:
        return
    owner = context.state(result.owner) if result.owner else state
    if not result.is_gathered:
        owner.set_facts(result.facts)
    owner.included.update(result.included)
    if result.is_cacheable or result.is_gathered:
        owner.gathered.update(result.facts)
    if task.operation in FOR_INVENTORY and result.status is not Status.SKIPPED:
        context.run.members.take(state.name, result.data, where=task.origin.line())


def _notify(context: PlayContext, task: Task, state: HostState, result: Result) -> Result:
    scope = context.scope(state, task)
    try:
        for raw in task.directives.notify:
            value: Any = context.templar.render(raw, scope)
            for name in value if isinstance(value, list) else [value]:
                context.handlers.notify(
                    str(name),
                    state.name,
                    where=raw.origin.where(),
                    name_of=lambda handler: _shown_name(context, handler, context.scope(state, handler)),
                )
    except ConfigError as error:
        context.emit.note(str(error))
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
    error = StoppedWithAnotherHostError(f"stopped because the task failed on {bad.name}", where=task.origin.where())
    for state in states:
        if state.failure is None:
            state.failure = (task.name, failed(error))
            state.is_lost = not context.guards


def _flag(context: PlayContext, task: Task, raw: Raw | None, state: HostState) -> bool:
    """A yes or no that may be a template."""
    if raw is None:
        return False
    if isinstance(raw.value, bool):
        return raw.value
    value = context.templar.render(raw, context.scope(state, task))
    return as_boolean(value.reveal() if isinstance(value, Secret) else value)
