"""A command in a container with this process's own input and output, in a terminal or not."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import socket
import ssl
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from phlo.errors import EngineError, HostError
from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part
from phlo.hosts.frames import STDERR, Frames

_PIECE = 65536
# What a socket that does not block raises when there is nothing to read, or no room to write.
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


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
            with _raw(stdin), _resizing(engine, f"/exec/{run}", stdin):
                _pump(channel, stdin, _plain(first, stdout))
        else:
            _pump(channel, stdin, _split(first, stdout, stderr))
    return engine.exec_code(run)


def attach_to(
    engine: Engine,
    container: str,
    *,
    stdin: BinaryIO | None,
    stdout: BinaryIO,
    stderr: BinaryIO,
    once_connected: Callable[[], object] = lambda: None,
) -> int:
    """Connect streams to the main process of a container; gives its exit code, 0 when it keeps running.

    once_connected: is called when nothing of the output can be missed any more, e.g. to start the container.

    stdin: None when nothing is passed on; raw while connected where both it and the container are terminals.
    """
    path = f"/containers/{path_part(container)}"
    config = engine.get(f"{path}/json")["Config"]
    passes_input = stdin is not None and bool(config["OpenStdin"])
    query = f"stream=1&stdout=1&stderr=1&stdin={int(passes_input)}"
    channel, first = engine.upgrade(f"{path}/attach?{query}", {})
    source = stdin if passes_input else None
    with channel:
        once_connected()
        if config["Tty"] and source is not None and source.isatty():
            with _raw(source), _resizing(engine, path, source):
                _pump(channel, source, _plain(first, stdout))
        else:
            _pump(channel, source, _plain(first, stdout) if config["Tty"] else _split(first, stdout, stderr))
    state = engine.get(f"{path}/json")["State"]
    return 0 if state["Running"] else int(state["ExitCode"])


def _pump(channel: socket.socket, stdin: BinaryIO | None, sink: Generator[None, bytes, None]) -> None:
    """Carry bytes both ways until the command's side closes.

    What is read from `stdin` is sent as the other side takes it: a command that prints while it reads would otherwise
    wait for its output to be taken, and phlo for its input to be.
    """
    next(sink)
    source = stdin.fileno() if stdin is not None else None
    pending = b""
    channel.setblocking(False)
    with selectors.PollSelector() as waiting:  # unlike epoll, poll takes files as well
        waiting.register(channel, selectors.EVENT_READ)
        while True:
            if source is not None and not pending:
                waiting.register(source, selectors.EVENT_READ)
            ready = waiting.select()
            if source is not None and not pending:
                waiting.unregister(source)
            for key, events in ready:
                if key.fileobj is not channel:
                    assert source is not None
                    pending = os.read(source, _PIECE)
                    if pending:
                        waiting.modify(channel, selectors.EVENT_READ | selectors.EVENT_WRITE)
                    else:
                        source = None
                        channel.shutdown(socket.SHUT_WR)
                    continue
                if events & selectors.EVENT_WRITE:
                    pending = pending[_sent(channel, pending) :]
                    if not pending:
                        waiting.modify(channel, selectors.EVENT_READ)
                if events & selectors.EVENT_READ and not _receive(channel, sink):
                    return


def _sent(channel: socket.socket, data: bytes) -> int:
    """How many bytes the other side has taken just now."""
    try:
        return channel.send(data)
    except _NOT_NOW:
        return 0


def _receive(channel: socket.socket, sink: Generator[None, bytes, None]) -> bool:
    """Hand on all that has come; False when the other side has closed."""
    try:
        while True:
            piece = channel.recv(_PIECE)
            if not piece:
                return False
            sink.send(piece)
    except _NOT_NOW:
        return True


def _plain(first: bytes, stdout: BinaryIO) -> Generator[None, bytes, None]:
    """Takes pieces of a terminal's output and writes them as they are."""
    piece = first
    while True:
        stdout.write(piece)
        stdout.flush()
        piece = yield


def _split(first: bytes, stdout: BinaryIO, stderr: BinaryIO) -> Generator[None, bytes, None]:
    """Takes pieces of Docker's stream format, and writes the data in them to its stream."""
    frames, piece = Frames(), first
    while True:
        for number, data in frames.take(piece):
            stream = stderr if number == STDERR else stdout
            stream.write(data)
            stream.flush()
        piece = yield


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
def _resizing(engine: Engine, path: str, stdin: BinaryIO) -> Iterator[None]:
    """The command's terminal has this one's size, also when the window changes."""

    def resize(*_: object) -> None:
        size = shutil.get_terminal_size()
        try:
            engine.post(f"{path}/resize", None, h=size.lines, w=size.columns)
        except (EngineError, HostError):
            return  # the command is over already

    before = signal.signal(signal.SIGWINCH, resize)
    resize()
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
