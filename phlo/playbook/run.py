"""Running plays, one after the other, each on its hosts in batches."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from phlo.errors import PhloError
from phlo.frozen import replace
from phlo.inventory.patterns import matching
from phlo.playbook.announce import Announcer
from phlo.playbook.arguments import check_arguments
from phlo.playbook.batches import batches
from phlo.playbook.context import PlayContext
from phlo.playbook.handlers import Handlers, check_notifications
from phlo.playbook.host_state import HostState
from phlo.playbook.linear import Linear
from phlo.playbook.model import Play
from phlo.playbook.outcome import PlaybookOutcome
from phlo.playbook.scope import Scope
from phlo.playbook.selection import Choice
from phlo.playbook.surroundings import Surroundings
from phlo.playbook.templating import Templar


def run_plays(
    plays: Iterable[Play],
    world: Surroundings,
    templar: Templar,
    announcer: Announcer,
    *,
    title: str,
    choice: Choice | None = None,
    limit: Sequence[str] | None = None,
) -> PlaybookOutcome:
    """Carry out plays and tell what happens.

    limit: only these of the hosts; None: all.
    A host on which a task failed takes no further part, in later plays either. Ctrl-C starts nothing more.
    """
    return _Run(world, templar, announcer, choice or Choice(), limit).run(tuple(plays), title)


class _Run:
    """The state of one run."""

    def __init__(
        self,
        world: Surroundings,
        templar: Templar,
        announcer: Announcer,
        choice: Choice,
        limit: Sequence[str] | None,
    ) -> None:
        self._world = world
        self._templar = templar
        self._announcer = announcer
        self._choice = choice
        self._limit = limit
        self._states: dict[str, HostState] = {}
        self._cancelled = threading.Event()

    def run(self, plays: Sequence[Play], title: str) -> PlaybookOutcome:
        for play in plays:
            check_notifications(play)
            check_arguments(play, self._world.find)
        started = self._world.clock()
        self._announcer.run_started(title)
        try:
            with ThreadPoolExecutor(max(self._world.forks, 1)) as pool:
                self._plays(plays, pool)
        except KeyboardInterrupt:
            self._cancelled.set()
        outcome = PlaybookOutcome(
            hosts={name: dict(state.counts) for name, state in self._states.items()},
            failures=tuple(self._failures()),
            is_interrupted=self._cancelled.is_set(),
            seconds=max(self._world.clock() - started, 0.0),
        )
        self._announcer.run_finished(outcome.status, outcome.seconds)
        return outcome

    def _plays(self, plays: Sequence[Play], pool: ThreadPoolExecutor) -> None:
        for play in plays:
            names = self._hosts(play)
            self._announcer.play_started(play.name, names)
            if not names:
                self._announcer.note(f'no host matches "{play.hosts.value}"')
                continue
            for name in names:
                self._states.setdefault(name, self._world.state(name))
                self._states[name].is_over = False
            alive = [name for name in names if self._states[name].is_active]
            if not alive:
                continue
            try:
                if not self._play(play, alive, pool):
                    return
            except KeyboardInterrupt:
                self._cancelled.set()
                self._announcer.note("stopping: what is under way ends first")
                return

    def _hosts(self, play: Play) -> list[str]:
        scope = Scope((*play.variables, self._world.extra_layer()))
        value = self._templar.render(play.hosts, scope)
        pattern = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        found = matching(self._world.inventory, pattern, where=play.hosts.origin.where())
        return [name for name in found if self._limit is None or name in self._limit]

    def _play(self, play: Play, names: Sequence[str], pool: ThreadPoolExecutor) -> bool:
        """Run one play; False when no host of a batch got through, so that nothing more is done."""
        play = self._with_vars_files(play)
        scope = Scope((*self._states[names[0]].base, *play.variables, self._world.extra_layer()))
        context = PlayContext(
            world=self._world,
            templar=self._templar,
            announcer=self._announcer,
            choice=self._choice,
            play=play,
            handlers=Handlers(play.handlers),
            states=self._states,
            hosts=names,
            pool=pool,
            cancelled=self._cancelled,
        )
        linear = Linear(context)
        for batch in batches(play, names, self._templar, scope):
            context.batch = batch
            states = [self._states[name] for name in batch]
            for section in play.sections:
                linear.section(section, states)
            if context.must_stop or all(state.failure or state.is_unreachable for state in states):
                if len(states) > 1:
                    self._announcer.note("stopped: too many hosts failed")
                return False
        return True

    def _with_vars_files(self, play: Play) -> Play:
        """The play with the variables of its files, each of which may be named by a template."""
        layers = list(play.variables)
        for raw in play.vars_files:
            scope = Scope((*layers, self._world.extra_layer()))
            name = str(self._templar.render(raw, scope))
            layers.append(self._world.loader.variables(play.folder / name))
        return replace(play, variables=tuple(layers))

    def _failures(self) -> Iterable[PhloError]:
        for state in self._states.values():
            if state.failure and state.failure[1].error:
                yield state.failure[1].error
