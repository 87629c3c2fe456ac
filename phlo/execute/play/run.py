"""Running plays, one after the other, each on its hosts in batches."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from phlo.events import StepId
from phlo.execute.emitter import Emitter
from phlo.execute.play.batches import batches
from phlo.execute.play.context import PlayContext
from phlo.execute.play.handlers import Handlers
from phlo.execute.play.host_state import HostState
from phlo.execute.play.linear import Linear
from phlo.execute.play.outcome import PlaybookOutcome
from phlo.execute.play.prompts import prompted
from phlo.execute.play.run_context import RunContext
from phlo.execute.worker_pool import WorkerPool
from phlo.frozen import replace
from phlo.inventory.hosts import Inventory
from phlo.inventory.patterns import matching
from phlo.playbook.arguments import check_arguments
from phlo.playbook.handlers import check_notifications, tasks_in
from phlo.playbook.keywords import FOR_INVENTORY
from phlo.playbook.model import Play
from phlo.playbook.scope import Layer, Scope
from phlo.playbook.selection import Choice
from phlo.playbook.templating import Templar
from phlo.sections.accepted import Accepted
from phlo.stop_signals import StopRequest, signal_of, stop_signals
from phlo.values import Secret


def run_plays(
    plays: Iterable[Play],
    context: RunContext,
    templar: Templar,
    emit: Emitter,
    *,
    title: str,
    choice: Choice | None = None,
    limit: Sequence[str] | None = None,
) -> PlaybookOutcome:
    """Carry out plays and tell what happens.

    limit: only these of the hosts; None: all.
    A host on which a task failed takes no further part, in later plays either. After Ctrl-C, SIGTERM or SIGHUP no
    further task starts, and those under way end; a second signal ends the run at once.

    Raises PhloError, when all of that is done, if events could not be passed on.
    """
    plays = tuple(plays)
    for play in plays:
        check_play(play, context.find, context.loader.accepted)
    stop = StopRequest()

    def take(number: int) -> None:
        stop.take(number)
        emit.note("stopping: what is under way ends first; Ctrl-C again stops at once")

    started = context.clock()
    emit.run_started(title)
    with WorkerPool(max(context.forks, 1)) as workers:
        runner = PlayRunner(
            context, templar, emit, workers=workers, choice=choice, limit=limit, is_cancelled=stop.is_set
        )
        try:
            with stop_signals(first=take):
                runner.run(plays)
        except KeyboardInterrupt as stopped:
            if stop.is_set():  # the second signal
                raise
            stop.take(signal_of(stopped))
    outcome = runner.outcome(signal=stop.number, seconds=max(context.clock() - started, 0.0))
    emit.run_finished(outcome.status, outcome.seconds)
    emit.check()
    return outcome


def check_play(play: Play, find: Callable[[str], Any], accepted: Accepted) -> None:
    """Raise ConfigError for what can be told to be wrong in a play before it is run."""
    check_notifications(play)
    check_arguments(play, find, accepted)


def hosts_of(
    play: Play,
    inventory: Inventory,
    templar: Templar,
    extra: Layer,
    limit: Sequence[str] | None,
    *,
    is_open: bool = False,
) -> list[str]:
    """The hosts that a play names, without those that `--limit` leaves out.

    extra: the highest layer of variables. is_open: tasks add hosts and groups, so that a name need not be there.
    """
    value = templar.render(play.hosts, Scope((*play.variables, extra)))
    pattern = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    where = play.hosts.origin.where()
    found = matching(inventory, pattern, where=where, has_control_machine=True, is_open=is_open)
    return [name for name in found if limit is None or name in limit]


def adds_to_inventory(plays: Iterable[Play]) -> bool:
    """Whether a task of plays adds hosts or groups; those of included files are not looked at."""
    tasks = (task for play in plays for section in play.sections for task in tasks_in(section))
    return any(task.operation in FOR_INVENTORY for task in tasks)


class PlayRunner:
    """Runs plays one after the other, and keeps what each host came to.

    workers: None: one host after the other, in the calling thread.
    parent:  the plan's step that the tasks are a part of, None in a playbook.
    """

    def __init__(
        self,
        context: RunContext,
        templar: Templar,
        emit: Emitter,
        *,
        workers: WorkerPool | None,
        is_cancelled: Callable[[], bool],
        choice: Choice | None = None,
        limit: Sequence[str] | None = None,
        parent: StepId | None = None,
    ) -> None:
        self._context = context
        self._templar = templar
        self._emit = emit
        self._workers = workers
        self._is_cancelled = is_cancelled
        self._choice = choice or Choice()
        self._limit = limit
        self._parent = parent
        self._numbers = itertools.count(1)
        self._states: dict[str, HostState] = {}
        self._is_open = False

    def outcome(self, *, signal: int | None, seconds: float) -> PlaybookOutcome:
        return PlaybookOutcome(
            hosts={name: dict(state.counts) for name, state in self._states.items()},
            failures=tuple(
                state.failure[1].error
                for state in self._states.values()
                if state.failure is not None and state.failure[1].error is not None
            ),
            changes=tuple(change for state in self._states.values() for change in state.changes),
            signal=signal,
            seconds=seconds,
        )

    def run(self, plays: Sequence[Play]) -> None:
        self._is_open = adds_to_inventory(plays)
        for play in plays:
            if self._is_cancelled():
                return
            play = self._with_prompts(play)
            names = self._hosts(play)
            if self._parent is None:
                self._emit.play_started(play.name, names)
            if not names:
                self._emit.note(f'no host matches "{play.hosts.value}"')
                continue
            for name in names:
                self._states.setdefault(name, self._context.state(name))
                self._states[name].is_over = False
                self._states[name].done_blocks.clear()
                self._states[name].ended_role = None
            alive = [name for name in names if self._states[name].is_active]
            if alive and not self._play(play, alive):
                return

    def _with_prompts(self, play: Play) -> Play:
        """The play with the variables that its user was asked for."""
        if not play.prompts:
            return play
        context = self._context
        found = prompted(play, context.extra_layer(), context.ask, context.ask_hidden)
        for one in found.values():
            if isinstance(one.value, Secret):
                self._emit.mask.learn(one.value)
        return replace(play, variables=(*play.variables, found))

    def _hosts(self, play: Play) -> list[str]:
        context = self._context
        is_open = self._is_open or context.members.generation > 0
        return hosts_of(play, context.inventory, self._templar, context.extra_layer(), self._limit, is_open=is_open)

    def _play(self, play: Play, names: Sequence[str]) -> bool:
        """Run one play; False when no host of a batch got through, so that nothing more is done."""
        play = self._with_vars_files(play)
        scope = Scope((*self._context.base(names[0]), *play.variables, self._context.extra_layer()))
        context = PlayContext(
            run=self._context,
            templar=self._templar,
            emit=self._emit,
            choice=self._choice,
            play=play,
            handlers=Handlers(play.handlers),
            states=self._states,
            hosts=names,
            workers=self._workers,
            is_cancelled=self._is_cancelled,
            numbers=self._numbers,
            parent=self._parent,
        )
        linear = Linear(context)
        for batch in batches(play, _ordered(names, play.order), self._templar, scope):
            context.batch = batch
            states = [self._states[name] for name in batch]
            for section in play.sections:
                linear.section(section, states)
            if context.is_over:
                break
            if context.must_stop or all(state.failure or state.is_unreachable for state in states):
                if len(states) > 1:
                    self._emit.note("stopped: too many hosts failed")
                return False
        return True

    def _with_vars_files(self, play: Play) -> Play:
        """The play with the variables of its files, each of which may be named by a template."""
        layers = list(play.variables)
        for raw in play.vars_files:
            scope = Scope((*layers, self._context.extra_layer()))
            name = str(self._templar.render(raw, scope))
            layers.append(self._context.loader.variables(play.folder / name))
        return replace(play, variables=tuple(layers))


def _ordered(names: Sequence[str], order: str) -> list[str]:
    """The hosts of a play in the order that it asks for."""
    found = sorted(names) if order.endswith("sorted") else list(names)
    if order == "shuffle":
        random.shuffle(found)
    return found[::-1] if order.startswith("reverse") else found
