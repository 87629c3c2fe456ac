"""A command in a running container, with its input given and its output and errors kept apart."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO

from phlo.bounded import Excerpt
from phlo.frozen import dataclass
from phlo.hosts.engine import CommandTimeoutError, Engine
from phlo.hosts.engine_requests import path_part
from phlo.hosts.frames import STDERR, Frames

_PIECE = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """code: its exit status. stdout, stderr: what it wrote, as text.

    is_truncated: the middle of an output is left out, because it was longer than `phlo.bounded` keeps.
    """

    code: int
    stdout: str = ""
    stderr: str = ""
    is_truncated: bool = False

    @classmethod
    def of(cls, code: int, stdout: Excerpt, stderr: Excerpt) -> CommandResult:
        is_truncated = bool(stdout.left_out_bytes or stderr.left_out_bytes)
        return cls(code=code, stdout=stdout.text(), stderr=stderr.text(), is_truncated=is_truncated)

    def facts(self) -> dict[str, Any]:
        """What `register` keeps of it."""
        return {
            "rc": self.code,
            "stdout": self.stdout.rstrip("\n"),
            "stderr": self.stderr.rstrip("\n"),
            "stdout_lines": self.stdout.splitlines(),
            "stderr_lines": self.stderr.splitlines(),
            "truncated": self.is_truncated,
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
    return engine.exec_code(run, timeout_seconds)


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
    """Run a command to its end and keep what it writes, within limits; see `run_command` and `Excerpt`."""
    out, err = Excerpt(), Excerpt()
    code = run_command(
        engine,
        container,
        command,
        environment=environment,
        stdin=stdin,
        stdout=out.add,
        stderr=err.add,
        user=user,
        working_dir=working_dir,
        timeout_seconds=timeout_seconds,
    )
    return CommandResult.of(code, out, err)


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
    frames, piece = Frames(), first
    with selectors.DefaultSelector() as waiting:
        waiting.register(channel, selectors.EVENT_READ)
        while True:
            for stream, data in frames.take(piece):
                (stderr if stream == STDERR else stdout)(data)
            left = None if deadline is None else deadline - time.monotonic()
            if (left is not None and left <= 0) or not waiting.select(left):
                raise CommandTimeoutError(f"no end within {timeout_seconds:g} s")
            piece = channel.recv(_PIECE)
            if not piece:
                return
