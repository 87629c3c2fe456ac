"""Wait until a port answers, a path is there, or a command succeeds."""

from __future__ import annotations

import socket
import time

from phlo.errors import OperationError, PhloError
from phlo.frozen import dataclass
from phlo.hosts.host import Host, ReadHost
from phlo.operations.command_result import argv_of, shown
from phlo.operations.fields import injected
from phlo.operations.service_container import find_target
from phlo.values import Change, Secret, reveal

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
CONNECT_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """port: a TCP port that has to accept connections from the control machine.
    host: the host of the port.
    path: a path in the container that has to be there.
    command: a command in the container that has to end with status 0. It must only read: check mode runs it, too.
    service: the service; in a role's tasks the role's own.
    container: a container's name instead of a service's.
    timeout_seconds: how long to wait.
    """

    port: int | None = None
    host: str = "127.0.0.1"
    path: str | None = None
    command: tuple[str | Secret, ...] | str | Secret | None = None
    service: str = ""
    container: str | None = None
    timeout_seconds: float = 300.0
    project: str = injected("project")
    own_service: str = injected("service")

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.port, self.path, self.command)) != 1:
            raise ValueError("needs one of port, path and command")

    @property
    def what(self) -> str:
        """What is waited for, in words."""
        if self.port is not None:
            return f"{self.host}:{self.port}"
        return self.path or shown(argv_of(self.command or (), is_shell=True))


def observe(args: Args, host: ReadHost) -> str | None:
    """Why it is not so yet, None when it is."""
    if args.port is not None:
        try:
            socket.create_connection((args.host, args.port), timeout=CONNECT_SECONDS).close()
        except OSError as reason:
            return str(reason.strerror or reason)
        return None
    target = find_target(args.project, args.service or args.own_service, args.container, host, where="wait_for")
    if args.path is not None:
        found = host.engine.head(f"/containers/{target.id}/archive", path=args.path)
        return None if found is not None else "not there"
    argv = [reveal(part) for part in argv_of(args.command or (), is_shell=True)]
    code = host.query(target.id, argv).code
    return None if code == 0 else f"status {code}"


def decide(args: Args, seen: str | None) -> list[Change]:
    if seen is None:
        return []
    return [Change(at=f"wait:{args.what}", verb="wait", causes=(seen,), is_counted=False)]


def apply(change: Change, args: Args, seen: str | None, host: Host) -> None:
    """Wait; raises OperationError when it takes too long."""
    deadline = time.monotonic() + args.timeout_seconds
    pause, reader = FIRST_PAUSE_SECONDS, host.reader()
    reason: str | None = seen
    while reason is not None:
        if time.monotonic() + pause > deadline or host.is_cancelled():
            what = f"{args.what} was not there within {args.timeout_seconds:g} s ({reason})"
            raise OperationError(what, where=host.name)
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
        try:
            reason = observe(args, reader)
        except PhloError as error:  # its container may just be restarting
            reason = error.what
