"""A command in a container with this process's own input and output, in a terminal or not."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import socket
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from phlo.errors import EngineError, HostError
from phlo.hosts.engine import Engine, path_part

_PIECE = 65536


def run_attached(
    engine: Engine,
    container: str,
    command: Sequence[str],
    *,
    is_terminal: bool,
    stdin: BinaryIO,
    stdout: BinaryIO,
    stderr: BinaryIO,
    user: str = "",
    working_dir: str = "",
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run a command in a running container, connected to the given streams; gives its exit code.

    is_terminal: give it a terminal; `stdin` must be one then, and is raw while the command runs.
    """
    body = {
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "Tty": is_terminal,
        "Cmd": list(command),
        "User": user,
        "WorkingDir": working_dir,
        "Env": [f"{name}={text}" for name, text in (environment or {}).items()],
    }
    run = engine.post(f"/containers/{path_part(container)}/exec", body)["Id"]
    channel, first = engine.upgrade(f"/exec/{run}/start", {"Detach": False, "Tty": is_terminal})
    with channel:
        if is_terminal:
            with _raw(stdin), _resizing(engine, run, stdin):
                _pump(channel, stdin, _plain(first, stdout))
        else:
            _pump(channel, stdin, _split(first, stdout, stderr))
    return int(engine.get(f"/exec/{run}/json")["ExitCode"] or 0)


def _pump(channel: socket.socket, stdin: BinaryIO, sink: Generator[None, bytes, None]) -> None:
    """Carry bytes both ways until the command's side closes."""
    next(sink)
    with selectors.DefaultSelector() as waiting:
        waiting.register(channel, selectors.EVENT_READ)
        try:
            waiting.register(stdin, selectors.EVENT_READ)
        except (PermissionError, ValueError):  # a file: always readable, and epoll does not take it
            channel.sendall(stdin.read())
            channel.shutdown(socket.SHUT_WR)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is channel:
                    piece = channel.recv(_PIECE)
                    if not piece:
                        return
                    sink.send(piece)
                else:
                    typed = os.read(stdin.fileno(), _PIECE)
                    if typed:
                        channel.sendall(typed)
                    else:
                        waiting.unregister(stdin)
                        channel.shutdown(socket.SHUT_WR)


def _plain(first: bytes, stdout: BinaryIO) -> Generator[None, bytes, None]:
    """Takes pieces of a terminal's output and writes them as they are."""
    piece = first
    while True:
        stdout.write(piece)
        stdout.flush()
        piece = yield


def _split(first: bytes, stdout: BinaryIO, stderr: BinaryIO) -> Generator[None, bytes, None]:
    """Takes pieces of Docker's stream format (frames of an 8-byte header and data), writes each to its stream."""
    buffer = first
    while True:
        while len(buffer) >= 8 and len(buffer) >= 8 + int.from_bytes(buffer[4:8], "big"):
            end = 8 + int.from_bytes(buffer[4:8], "big")
            stream = stderr if buffer[0] == 2 else stdout
            stream.write(buffer[8:end])
            stream.flush()
            buffer = buffer[end:]
        buffer += yield


@contextmanager
def _raw(stdin: BinaryIO) -> Iterator[None]:
    """The terminal hands over every key as it is, also Ctrl-C, which is for the command."""
    import termios
    import tty

    before = termios.tcgetattr(stdin.fileno())
    tty.setraw(stdin.fileno())
    try:
        yield
    finally:
        termios.tcsetattr(stdin.fileno(), termios.TCSADRAIN, before)


@contextmanager
def _resizing(engine: Engine, run: str, stdin: BinaryIO) -> Iterator[None]:
    """The command's terminal has this one's size, also when the window changes."""

    def resize(*_: object) -> None:
        size = shutil.get_terminal_size()
        try:
            engine.post(f"/exec/{run}/resize", None, h=size.lines, w=size.columns)
        except (EngineError, HostError):
            return  # the command is over already

    before = signal.signal(signal.SIGWINCH, resize)
    resize()
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
