"""A connection to a port of the project's network, from inside a container, with nothing but the engine's API.

bash and cat in the container are all it needs: `/dev/tcp` is bash's (bash(1), "Redirection").
"""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

from phlo.hosts.engine import Engine
from phlo.hosts.engine_requests import path_part

# The shell gives a command in the background no input of its own, hence the copy of its input as 4.
_BOTH_WAYS = 'exec 4<&0 3<>"/dev/tcp/$1/$2" && { cat <&4 >&3 & } && cat <&3'
_ONE_EXCHANGE = 'exec 3<>"/dev/tcp/$1/$2" && printf %s "$3" >&3 && cat <&3'
_PIECE = 65536


def exchange_command(address: tuple[str, int], request: str) -> list[str]:
    """The command that sends a request, which has to ask for the connection's end, and prints the answer."""
    return ["bash", "-c", _ONE_EXCHANGE, "phlo", address[0], str(address[1]), request]


@contextmanager
def open_connection(engine: Engine, container: str, address: tuple[str, int]) -> Iterator[HTTPConnection]:
    """An HTTP connection from inside a running container. Raises OSError when it breaks."""
    body = {
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "Cmd": ["bash", "-c", _BOTH_WAYS, "phlo", address[0], str(address[1])],
    }
    run = engine.post(f"/containers/{path_part(container)}/exec", body)["Id"]
    channel, first = engine.upgrade(f"/exec/{run}/start", {"Detach": False, "Tty": False})
    connection = HTTPConnection(*address)
    connection.auto_open = 0
    with channel:
        connection.sock = _Channel(channel, first)
        yield connection


class _Channel:
    """The engine's stream as http.client wants a socket: bytes go in as they are, and come out of frames."""

    def __init__(self, channel: socket.socket, first: bytes) -> None:
        self.sendall = channel.sendall
        self._answers = _Answers(_Frames(channel, first))

    def makefile(self, mode: str) -> _Answers:
        """The same reader for every answer: one of its own might take bytes of the next."""
        return self._answers

    def close(self) -> None:
        """Anyone who opened the channel closes it."""


class _Answers(io.BufferedReader):
    """A reader that stays open when http.client is done with one answer."""

    def close(self) -> None:
        """Nothing: the channel below is closed by anyone who opened it."""


class _Frames(io.RawIOBase):
    """What a command prints, out of Docker's stream format (Engine API, "Stream format").

    Raises OSError, with what the command complained of, when it ends in the middle of an answer.
    """

    def __init__(self, channel: socket.socket, first: bytes) -> None:
        self._channel = channel
        self._buffer = bytearray(first)
        self._left = 0
        self._complaint = bytearray()

    def readable(self) -> bool:
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        while self._left == 0:
            kind, size = self._header()
            if kind == 2:
                self._complaint += self._exactly(size)
            elif kind == 0:
                if self._complaint:
                    raise ConnectionError(self._complaint.decode(errors="replace").splitlines()[-1])
                return 0
            else:
                self._left = size
        if not self._buffer:
            self._receive()
        count = min(len(target), self._left, len(self._buffer))
        target[:count] = self._buffer[:count]
        del self._buffer[:count]
        self._left -= count
        return count

    def _header(self) -> tuple[int, int]:
        """The kind of the next frame and its size; 0 and 0 at the end."""
        if not self._buffer and not self._receive():
            return 0, 0
        header = self._exactly(8)
        return header[0], int.from_bytes(header[4:8], "big")

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            if not self._receive():
                raise ConnectionError("the engine ended the connection")
        piece = bytes(self._buffer[:size])
        del self._buffer[:size]
        return piece

    def _receive(self) -> bool:
        piece = self._channel.recv(_PIECE)
        self._buffer += piece
        return bool(piece)
