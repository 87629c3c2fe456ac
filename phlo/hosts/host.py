"""A host as operations see it: a name, a Docker engine, and a place to say what is going on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine import Engine, EngineReader

if TYPE_CHECKING:
    from phlo.hosts.commands import CommandResult
    from phlo.values import ImageSource


class Query(Protocol):
    """Runs a command that only reads, in a running container."""

    def __call__(
        self,
        container: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        user: str = "",
        working_dir: str = "",
        timeout_seconds: float | None = None,
    ) -> CommandResult: ...


class Supply(Protocol):
    """Brings images to hosts from this machine."""

    def has(self, source: ImageSource) -> bool:
        """Whether one that would do is on this machine."""

    def send(self, source: ImageSource, to: Host) -> None:
        """Bring it to a host; it is pulled or built here first where it has to be. Raises OperationError."""


def _ignore(what: object) -> None:
    """The default for somebody who does not listen."""


def _no_query(container: str, command: Sequence[str], **options: object) -> CommandResult:
    """Raises OperationError: the default for a host that nothing can be run on."""
    raise OperationError("no command can be run in a container here", where=container, fix="Give the host a `query`.")


def no_peer(name: str) -> Any:
    """Raises OperationError: there is no such host in this run. The default for a host that knows no other."""
    raise OperationError(f'the host "{name}" is not part of this run', fix="Run it without --tags.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadHost:
    """A host that can only be looked at; what `observe` gets.

    is_local: True when the engine runs on this machine, so that paths mean the same on both sides.
    supply:   tells which images can be sent to it from this machine; None: none.
    query:    runs a command that only reads, in a running container: how an operation looks inside a service.
              Whoever hands it a command answers for that; check mode runs it as well.
    peer:     another host of the same run, by its name. Raises OperationError for one that is not part of it.
    """

    name: str
    engine: EngineReader
    is_local: bool = True
    supply: Supply | None = None
    query: Query = _no_query
    peer: Callable[[str], ReadHost] = no_peer
    progress: Callable[[str], None] = _ignore
    is_cancelled: Callable[[], bool] = lambda: False

    def reader(self) -> ReadHost:
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host that can be changed; what `apply` gets.

    socket:    path of the Unix socket the engine is reached through, empty when it is reached otherwise.
    supply:    brings an image that it lacks from this machine; None: there is no way.
    run_id:    the run that makes the change; its containers and what they replace carry it.
    progress:  shows one line of what is under way.
    on_undo:   registers what puts back the state before a change; run, last first, when the service's gate fails.
    on_finish: registers what tidies up after a change; run once the service is known to work.
    is_cancelled: True once the user asked to stop; whoever waits looks at it.
    peer:      another host of the same run, by its name.
    """

    name: str
    engine: Engine
    is_local: bool = True
    socket: str = ""
    supply: Supply | None = None
    run_id: str = ""
    peer: Callable[[str], Host] = no_peer
    progress: Callable[[str], None] = _ignore
    on_undo: Callable[[Callable[[], None]], None] = _ignore
    on_finish: Callable[[Callable[[], None]], None] = _ignore
    is_cancelled: Callable[[], bool] = lambda: False

    def reader(self) -> ReadHost:
        return ReadHost(
            name=self.name,
            engine=self.engine.reader(),
            is_local=self.is_local,
            supply=self.supply,
            query=self._query,
            peer=self._read_peer,
        )

    def _read_peer(self, name: str) -> ReadHost:
        return self.peer(name).reader()

    def _query(
        self,
        container: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        user: str = "",
        working_dir: str = "",
        timeout_seconds: float | None = None,
    ) -> CommandResult:
        from phlo.hosts.commands import captured

        return captured(
            self.engine,
            container,
            command,
            environment=environment,
            user=user,
            working_dir=working_dir,
            timeout_seconds=timeout_seconds,
        )
