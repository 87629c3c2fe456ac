"""Facts of a host as variables: looked for when a task uses the first of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from phlo.errors import OperationError
from phlo.execute.play.host_state import HostState
from phlo.hosts.host import Host, ReadHost
from phlo.operations.facts_names import PREFIX, is_fact
from phlo.operations.location import host_location, transport_of
from phlo.playbook.scope import Variable

ALL = "ansible_facts"


class FactsLayer(Mapping[str, Variable]):
    """A layer of variables. look: finds the facts of the host; None: the play gathers none."""

    def __init__(self, state: HostState, look: Callable[[], Mapping[str, Any]] | None) -> None:
        self._state = state
        self._look = look

    def __getitem__(self, name: str) -> Variable:
        if name == ALL:
            self._gather()
            return Variable({key.removeprefix(PREFIX): value for key, value in self._state.gathered.items()})
        if is_fact(name):
            self._gather()
        return Variable(self._state.gathered[name])

    def __contains__(self, name: object) -> bool:
        if name == ALL or name in self._state.gathered:
            return True
        if self._look is None or not is_fact(str(name)):
            return False
        self._gather()
        return name in self._state.gathered

    def __iter__(self) -> Iterator[str]:
        """The names that are known without a look at the host."""
        return iter((ALL, *self._state.gathered))

    def __len__(self) -> int:
        return 1 + len(self._state.gathered)

    def _gather(self) -> None:
        """Look for the facts, once in a run; what `setup` found since is newer."""
        state = self._state
        if self._look is None:
            return
        with state.gathering:
            if state.is_gathered:
                return
            state.is_gathered = True  # already while looking, for a `become_user` that names a fact
            try:
                state.gathered = {**self._look(), **state.gathered}
            except BaseException:
                state.is_gathered = False
                raise


def gather_facts(host: Host | ReadHost, root: Path) -> Mapping[str, Any]:
    """The facts of a host; of one that is reached by TCP only there are none."""
    from phlo.operations.setup import Args, gather  # loaded for plays that use facts

    try:
        transport_of(host)
    except OperationError:
        return {}
    return gather(host_location(host, root), Args(root=root))
