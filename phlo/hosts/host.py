"""A host as operations see it: a name, a Docker engine, and a place to say what is going on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from phlo.hosts.engine import Engine, EngineReader


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadHost:
    """A host that can only be looked at; what `observe` gets.

    is_local: True when the engine runs on this machine, so that paths mean the same on both sides.
    """

    name: str
    engine: EngineReader
    is_local: bool = True


def _ignore(what: object) -> None:
    """The default for somebody who does not listen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host that can be changed; what `apply` gets.

    socket:    path of the Unix socket the engine is reached through, empty when it is reached otherwise.
    progress:  shows one line of what is under way.
    on_undo:   registers what puts back the state before a change; run, last first, when the service's gate fails.
    on_finish: registers what tidies up after a change; run once the service is known to work.
    is_cancelled: True once the user asked to stop; whoever waits looks at it.
    """

    name: str
    engine: Engine
    is_local: bool = True
    socket: str = ""
    progress: Callable[[str], None] = _ignore
    on_undo: Callable[[Callable[[], None]], None] = _ignore
    on_finish: Callable[[Callable[[], None]], None] = _ignore
    is_cancelled: Callable[[], bool] = lambda: False

    def reader(self) -> ReadHost:
        return ReadHost(name=self.name, engine=self.engine.reader(), is_local=self.is_local)
