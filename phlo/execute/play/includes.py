"""Files that are included while a play runs, each host with its own file and variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from phlo.errors import ConfigError, PhloError
from phlo.execute.play.batches import is_true
from phlo.execute.play.context import PlayContext
from phlo.execute.play.host_state import HostState
from phlo.execute.play.loops import item_layer, loop_items
from phlo.execute.play.result import Result, failed, skipped
from phlo.execute.play.task_events import emit_end
from phlo.frozen import dataclass, replace
from phlo.playbook.load import include_key
from phlo.playbook.model import Directives, Entry, Task
from phlo.playbook.parse import directives_of, file_argument
from phlo.playbook.reading import Reader
from phlo.playbook.scope import Layer, Scope, final
from phlo.playbook.source import Raw

DEEPEST = 50

RunEntries = Callable[[tuple[Entry, ...], Sequence[HostState]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """One turn of an include on one host: the file or role, and the variables that it brings."""

    name: str
    params: Layer


def run_include(context: PlayContext, task: Task, states: Sequence[HostState], run_entries: RunEntries) -> None:
    """Do an include on hosts; those that include the same run it together."""
    own = task.directives.run_once if task.directives.run_once is not task.around.run_once else None
    if is_true(context, own):
        states = states[:1]
    wanted = {state.name: _inclusions(context, task, state) for state in states}
    if task.register is not None:
        for state in states:
            done = [{"include": one.name, "changed": False, "failed": False} for one in wanted[state.name]]
            if done:
                state.set_facts({task.register: done[0] if task.loop is None else {"results": done, "changed": False}})
    for turn in range(max(map(len, wanted.values()), default=0)):
        groups: dict[str, list[HostState]] = {}
        for state in states:
            if turn < len(wanted[state.name]) and state.is_active:
                groups.setdefault(wanted[state.name][turn].name, []).append(state)
        for name, members in groups.items():
            _run_group(context, task, name, members, turn, wanted, run_entries)


def _run_group(
    context: PlayContext,
    task: Task,
    name: str,
    members: Sequence[HostState],
    turn: int,
    wanted: Mapping[str, Sequence[Inclusion]],
    run_entries: RunEntries,
) -> None:
    # Its own words are about the include, but for its variables; what is around it holds for what it brings, too.
    around = replace(task.around, when=(), variables=task.directives.variables)
    given = task.arguments.value if isinstance(task.arguments.value, Mapping) else {}
    try:
        around = _applied(task, around, given)
        entries = context.run.loader.included(task, name, around)
        if task.operation == "include_role":
            role = context.run.loader.role(name, where=task.origin.where(), given=given)
            context.handlers.add(context.run.loader.role_handlers(role, str(given.get("handlers_from", "main"))))
            if given.get("public") is True:
                context.play = replace(context.play, roles=(*context.play.roles, role))
        if len(members[0].params) >= DEEPEST:
            raise ConfigError("includes itself without an end", where=task.origin.where(), fix="Give it a `when`.")
    except PhloError as error:
        for state in members:
            _end(context, task, state, failed(error))
        return
    for state in members:
        state.params = (*state.params, wanted[state.name][turn].params)
    try:
        run_entries(entries, members)
    finally:
        for state in members:
            state.params = state.params[:-1]
            state.ended_role = None


def _applied(task: Task, around: Directives, given: Mapping[str, Any]) -> Directives:
    """What holds for the tasks of an include, with what its `apply` says."""
    if not isinstance(given.get("apply"), Mapping):
        return around
    reader = Reader()
    found = directives_of(reader, given["apply"], task.arguments.origin / "apply", around)
    reader.finish()
    return found


def _inclusions(context: PlayContext, task: Task, state: HostState) -> list[Inclusion]:
    """What a host includes, in the order of the loop; failures and skips are told here."""
    found: list[Inclusion] = []

    def work() -> None:
        scope = context.scope(state, task)
        layers = [{}] if task.loop is None else _item_layers(context, task, scope)
        for layer in layers:
            inner = scope.plus(layer)
            if all(context.templar.condition(raw, inner) for raw in task.directives.when):
                name = str(context.templar.render(file_argument(task, include_key(task)), inner))
                own = task.directives.variables[-1:] if "vars" in _keys(task) else ()
                given = {key: context.templar.render(Raw(one.value, one.origin or task.origin), inner)
                         for variables in own for key, one in variables.items()}  # fmt: skip
                found.append(Inclusion(name=name, params={**layer, **final(given)}))

    _guarded(context, task, state, work)
    if not found and state.is_active:
        _end(context, task, state, skipped("the condition does not hold"))
    return found


def _keys(task: Task) -> Sequence[str]:
    """The keywords that the include itself has."""
    place, keys = task.origin.file, task.origin.keys
    marks: Any = getattr(getattr(place, "document", None), "marks", {})
    return [key[-1] for key in marks if len(key) == len(keys) + 1 and key[:-1] == keys]


def _item_layers(context: PlayContext, task: Task, scope: Scope) -> list[Layer]:
    items = loop_items(task, context.templar, scope)
    return [item_layer(task, items, index) for index in range(len(items))]


def _guarded(context: PlayContext, task: Task, state: HostState, work: Callable[[], None]) -> None:
    try:
        work()
    except PhloError as error:
        _end(context, task, state, failed(error))


def _end(context: PlayContext, task: Task, state: HostState, result: Result) -> None:
    """Tell and keep how the include itself ended on a host."""
    if task.register is not None:
        state.set_facts({task.register: result.data})
    step = context.task_id(task, state.name, next(context.numbers))
    emit_end(context.emit, step, task, result, None, is_rescued=bool(context.rescuers))
    state.take(task.name, result, is_final=not context.guards)
