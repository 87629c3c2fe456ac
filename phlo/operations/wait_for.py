"""Wait until a port answers, a path is there, or a command succeeds: on the host, or for a service's container."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path
from typing import Any, Literal

from phlo.bounded import MIB
from phlo.errors import PhloError
from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost, pause
from phlo.operations.command_result import TaskFailedError, argv_of, shown
from phlo.operations.fields import injected
from phlo.operations.host_file import look
from phlo.operations.host_sockets import answer_of, connections_to
from phlo.operations.location import host_location, works_in_container
from phlo.operations.service_container import find_target
from phlo.values import Change, Secret, reveal

IS_FOR_HOSTS = True
_TIMEOUT_SECONDS = 300.0
_MOST_SEARCHED_BYTES = 16 * MIB
_STATES = ("ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "SYN_RECV", "SYN_SENT", "TIME_WAIT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Args:
    """port: a TCP port, as the host sees it; with a service, as the control machine sees it.
    host: the host of the port.
    path: a path on the host, or in the container.
    command: a command that has to end with status 0. It must only read: check mode runs it, too.
    state: started and present: the port accepts connections, the path is there; stopped and absent: not so; drained: no
    connections to the port are open.
    search_regex: what the content of the path, or the first that the port says, has to match.
    service: the service; in a role's tasks the role's own.
    container: a container's name instead of a service's.
    timeout_seconds: how long to wait; `timeout` is the same.
    connect_timeout: how many seconds a connection may take.
    delay: how many seconds to wait before the first look.
    sleep: how many seconds to wait between two looks.
    exclude_hosts: addresses whose connections do not count for drained.
    active_connection_states: the states of connections that count for drained.
    msg: what to say when it takes too long.
    """

    port: int | None = None
    host: str = "127.0.0.1"
    path: str | None = None
    command: tuple[str | Secret, ...] | str | Secret | None = None
    state: Literal["started", "present", "stopped", "absent", "drained"] = "started"
    search_regex: str | None = None
    service: str = ""
    container: str | None = None
    timeout_seconds: float = _TIMEOUT_SECONDS
    connect_timeout: int = 5
    delay: float = 0.0
    sleep: float = 1.0
    exclude_hosts: tuple[str, ...] = ()
    active_connection_states: tuple[str, ...] = _STATES
    msg: str | None = None
    project: str = injected("project")
    own_service: str = injected("service")
    root: Path = injected("root")

    def __post_init__(self) -> None:
        given = sum(one is not None for one in (self.port, self.path, self.command))
        is_pause = (self.delay or self.timeout_seconds != _TIMEOUT_SECONDS) and self.search_regex is None
        if given > 1 or (not given and not is_pause):
            raise ValueError("needs one of port, path and command")
        if self.state == "drained" and self.port is None:
            raise ValueError("state: drained needs port")
        try:
            re.compile(self.search_regex or "")
        except re.error as reason:
            raise ValueError(f'"{self.search_regex}" is not a regular expression: {reason}') from None
        unknown = [one for one in self.active_connection_states if one not in _STATES]
        if unknown:
            raise ValueError(f'"{unknown[0]}" is no state of a connection; write {", ".join(_STATES)}')

    @property
    def what(self) -> str:
        """What is waited for, in words."""
        if self.port is not None:
            return f"{self.host}:{self.port}"
        return self.path or (shown(argv_of(self.command, is_shell=True)) if self.command else "the time")

    @property
    def is_for_absence(self) -> bool:
        return self.state in ("stopped", "absent", "drained")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """reason: why it is not so yet, "" when it is. match: what of the content matched."""

    reason: str = ""
    match: re.Match[str] | None = field(default=None)


def observe(args: Args, host: ReadHost) -> Seen:
    """Look whether it is so."""
    if args.delay or (args.port is None and args.path is None and args.command is None):
        return Seen(reason=f"{args.delay or args.timeout_seconds:g} s have to pass")
    return _looked(args, host)


def _looked(args: Args, host: ReadHost) -> Seen:
    if works_in_container(args):
        found = _in_container(args, host)
    elif args.port is not None:
        found = _port(args, host)
    elif args.path is not None:
        found = _path(args, host)
    else:
        argv = tuple(reveal(part) for part in argv_of(args.command or (), is_shell=True))
        code = host_location(host, args.root).run(argv).code
        found = Seen(reason="" if code == 0 else f"status {code}")
    if not args.is_for_absence or args.state == "drained":
        return found
    return Seen() if found.reason else Seen(reason="still there")


def _port(args: Args, host: ReadHost) -> Seen:
    location, port = host_location(host, args.root), args.port or 0
    if args.state == "drained":
        found = connections_to(location, port, args.active_connection_states, args.exclude_hosts)
        return Seen(reason=f"open connections: {len(found)}" if found else "")
    reads = args.search_regex is not None
    answer = answer_of(location, args.host, port, args.connect_timeout, reads=reads)
    return Seen(reason="no connection") if answer is None else _matched(args, answer)


def _path(args: Args, host: ReadHost) -> Seen:
    reads = args.search_regex is not None
    entry = look(
        host_location(host, args.root), args.path or "", follow=True, reads=reads, most_bytes=_MOST_SEARCHED_BYTES
    )
    if entry is None:
        return Seen(reason="not there")
    return _matched(args, (entry.content or b"").decode(errors="replace"))


def _matched(args: Args, text: str) -> Seen:
    if args.search_regex is None:
        return Seen()
    found = re.search(args.search_regex, text, re.MULTILINE)
    return Seen(match=found) if found else Seen(reason=f"nothing matches {args.search_regex}")


def _in_container(args: Args, host: ReadHost) -> Seen:
    if args.port is not None:
        try:
            socket.create_connection((args.host, args.port), timeout=args.connect_timeout).close()
        except OSError as reason:
            return Seen(reason=str(reason.strerror or reason))
        return Seen()
    target = find_target(args.project, args.service or args.own_service, args.container, host, where="wait_for")
    if args.path is not None:
        found = host.engine.head(f"/containers/{target.id}/archive", path=args.path)
        return Seen(reason="" if found is not None else "not there")
    argv = [reveal(part) for part in argv_of(args.command or (), is_shell=True)]
    code = host.query(target.id, argv).code
    return Seen(reason="" if code == 0 else f"status {code}")


def decide(args: Args, seen: Seen) -> list[Change]:
    if not seen.reason:
        return []
    return [Change(at=f"wait:{args.what}", verb="wait", causes=(seen.reason,), is_counted=False)]


def facts(args: Args, seen: Seen, elapsed: float = 0.0) -> dict[str, Any]:
    """What `register` keeps, as Ansible has it."""
    return {
        "elapsed": int(elapsed),
        "state": args.state,
        "port": args.port,
        "path": args.path,
        "search_regex": args.search_regex,
        "match_groups": list(seen.match.groups()) if seen.match else [],
        "match_groupdict": seen.match.groupdict() if seen.match else {},
    }


def apply(change: Change, args: Args, seen: Seen, host: Host) -> dict[str, Any]:
    """Wait; raises OperationError when it takes too long."""
    began = time.monotonic()
    if args.port is None and args.path is None and args.command is None:
        pause(host, args.delay or args.timeout_seconds)
        return facts(args, Seen(), time.monotonic() - began)
    pause(host, args.delay)
    reader, reason = host.reader(), seen.reason
    while True:
        try:
            found = _looked(args, reader)
        except PhloError as error:  # its container may just be restarting
            found = Seen(reason=error.what)
        elapsed = time.monotonic() - began
        if not found.reason:
            return facts(args, found, elapsed)
        reason = found.reason
        if elapsed + args.sleep > args.timeout_seconds or host.is_cancelled():
            what = args.msg or f"{args.what} was not so within {args.timeout_seconds:g} s ({reason})"
            raise TaskFailedError(what, where=host.name, facts={"elapsed": int(elapsed)})
        pause(host, args.sleep)
