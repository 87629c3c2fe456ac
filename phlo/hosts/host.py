"""A host as operations see it: a name, a Docker engine, and a place to say what is going on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from phlo.errors import OperationError
from phlo.frozen import dataclass
from phlo.hosts.engine import Engine
from phlo.hosts.engine_reader import EngineReader

if TYPE_CHECKING:
    from phlo.hosts.commands import CommandResult
    from phlo.hosts.transport import Transport
    from phlo.image_source import ImageSource

# How long a pause goes on at most after the user asked to stop.
_POLL_SECONDS = 0.1


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


class ImageSender(Protocol):
    """Sends images from this machine to hosts."""

    def has(self, source: ImageSource) -> bool:
        """Whether this machine has a suitable image."""

    def send(self, source: ImageSource, to: Host) -> None:
        """Send an image to a host; pull or build it here first if necessary. Raises OperationError."""


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
    image_sender: knows which images this machine can send to the host; None: none.
    transport: how programs run on the host itself, see `Transport`. user: as whom, "": as the one who is signed in.
               Anyone who runs one to look answers for that; check mode runs it as well.
    query:    runs a command that only reads, in a running container: how an operation looks inside a service.
              Anyone who hands it a command answers for that; check mode runs it as well.
    peer:     another host of the same run, by its name. Raises OperationError for one that is not part of it.
    """

    name: str
    engine: EngineReader
    is_local: bool = True
    image_sender: ImageSender | None = None
    transport: Transport | None = None
    user: str = ""
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
    image_sender: sends missing images from this machine; None: not possible.
    transport: how programs run on the host itself, see `Transport`. user: as whom, "": as the one who is signed in.
    run_id:    the run that makes the change; its containers and what they replace carry it.
    progress:  shows one line of what is under way. output: shows one line of what a program under way prints.
    on_undo:   registers what puts back the state before a change; run, last first, when the service's gate fails.
    on_finish: registers what tidies up after a change; run once the service is known to work.
    is_cancelled: True once the user asked to stop; anyone who waits looks at it.
    is_put_back: True when the version that starts is removed, and the one before it comes back, should it fail.
    keep_log:  stores the whole log of a container that failed, or of a build, under a name; returns the path, "" if
               that was not possible.
    peer:      another host of the same run, by its name.
    """

    name: str
    engine: Engine
    is_local: bool = True
    socket: str = ""
    image_sender: ImageSender | None = None
    transport: Transport | None = None
    user: str = ""
    run_id: str = ""
    peer: Callable[[str], Host] = no_peer
    progress: Callable[[str], None] = _ignore
    output: Callable[[str], None] = _ignore
    on_undo: Callable[[Callable[[], None]], None] = _ignore
    on_finish: Callable[[Callable[[], None]], None] = _ignore
    is_put_back: Callable[[], bool] = lambda: False
    keep_log: Callable[[str, str], str] = lambda container, text: ""
    is_cancelled: Callable[[], bool] = lambda: False

    def reader(self) -> ReadHost:
        return ReadHost(
            name=self.name,
            engine=self.engine.reader(),
            is_local=self.is_local,
            image_sender=self.image_sender,
            transport=self.transport,
            user=self.user,
            query=self._query,
            peer=self._read_peer,
            is_cancelled=self.is_cancelled,
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
            self.engine.unguarded(),
            container,
            command,
            environment=environment,
            user=user,
            working_dir=working_dir,
            timeout_seconds=timeout_seconds,
        )


def pause(host: Host | ReadHost, seconds: float) -> None:
    """Wait, but not longer than until the user asks to stop."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0 and not host.is_cancelled():
        time.sleep(min(left, _POLL_SECONDS))
