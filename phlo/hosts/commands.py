"""A command in a running container, with its input given and its output and errors kept apart."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO

from phlo.frozen import dataclass
from phlo.hosts.engine import CommandTimeoutError, Engine, path_part

_PIECE = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """code: its exit status. stdout, stderr: what it wrote, as text."""

    code: int
    stdout: str = ""
    stderr: str = ""

    def facts(self) -> dict[str, Any]:
        """What `register` keeps of it."""
        return {
            "rc": self.code,
            "stdout": self.stdout.rstrip("\n"),
            "stderr": self.stderr.rstrip("\n"),
            "stdout_lines": self.stdout.splitlines(),
            "stderr_lines": self.stderr.splitlines(),
        }


def run_command(
    engine: Engine,
    container: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    stdin: BinaryIO | None = None,
    stdout: Callable[[bytes], object],
    stderr: Callable[[bytes], object],
    user: str = "",
    working_dir: str = "",
    timeout_seconds: float | None = None,
) -> int:
    """Run a command to its end; gives its exit status.

    stdin: what the command reads; None: nothing. stdout, stderr: are handed what it writes, as it comes.
    Raises CommandTimeoutError when it has not ended in time; the command itself then goes on.
    """
    body = {
        "AttachStdin": stdin is not None,
        "AttachStdout": True,
        "AttachStderr": True,
        "Cmd": list(command),
        "Env": [f"{name}={text}" for name, text in (environment or {}).items()],
        "User": user,
        "WorkingDir": working_dir,
    }
    run = engine.post(f"/containers/{path_part(container)}/exec", body)["Id"]
    channel, first = engine.upgrade(f"/exec/{run}/start", {"Detach": False, "Tty": False})
    with channel:
        feeder = threading.Thread(target=_feed, args=(channel, stdin), daemon=True) if stdin else None
        if feeder:
            feeder.start()
        _receive(channel, first, stdout, stderr, timeout_seconds)
        if feeder:
            feeder.join(timeout=1)
    return int(engine.get(f"/exec/{run}/json")["ExitCode"] or 0)


def captured(
    engine: Engine,
    container: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    stdin: BinaryIO | None = None,
    user: str = "",
    working_dir: str = "",
    timeout_seconds: float | None = None,
) -> CommandResult:
    """Run a command to its end and keep what it writes; see `run_command`."""
    out, err = bytearray(), bytearray()
    code = run_command(
        engine,
        container,
        command,
        environment=environment,
        stdin=stdin,
        stdout=out.extend,
        stderr=err.extend,
        user=user,
        working_dir=working_dir,
        timeout_seconds=timeout_seconds,
    )
    return CommandResult(code=code, stdout=out.decode(errors="replace"), stderr=err.decode(errors="replace"))


def _feed(channel: socket.socket, stdin: BinaryIO) -> None:
    try:
        while piece := stdin.read(_PIECE):
            channel.sendall(piece)
        channel.shutdown(socket.SHUT_WR)
    except OSError:
        return  # the command ended without reading everything


def _receive(
    channel: socket.socket,
    first: bytes,
    stdout: Callable[[bytes], object],
    stderr: Callable[[bytes], object],
    timeout_seconds: float | None,
) -> None:
    """Take Docker's stream format apart (Engine API, "Stream format") until the command's side closes."""
    deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    buffer = bytearray(first)
    with selectors.DefaultSelector() as waiting:
        waiting.register(channel, selectors.EVENT_READ)
        while True:
            while len(buffer) >= 8 and len(buffer) >= 8 + (size := int.from_bytes(buffer[4:8], "big")):
                (stderr if buffer[0] == 2 else stdout)(bytes(buffer[8 : 8 + size]))
                del buffer[: 8 + size]
            left = None if deadline is None else deadline - time.monotonic()
            if (left is not None and left <= 0) or not waiting.select(left):
                raise CommandTimeoutError(f"no end within {timeout_seconds:g} s")
            piece = channel.recv(_PIECE)
            if not piece:
                return
            buffer += piece
