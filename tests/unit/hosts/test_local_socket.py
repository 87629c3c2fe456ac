"""A local socket that leads to an engine: every byte goes both ways, and so does the end of a connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from phlo.errors import HostError
from phlo.hosts.http1 import dial
from phlo.hosts.local_socket import local_socket


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Path]:
    """A server that answers, at the end of what it was sent, with the same in capitals."""
    path = tmp_path / "engine"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    channel, _ = listener.accept()
                except OSError:
                    return
                with channel, suppress(OSError):  # the other side may have gone
                    channel.sendall(_received(channel).upper())

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield path
        listener.shutdown(socket.SHUT_RDWR)
        server.join()


def _received(channel: socket.socket) -> bytes:
    return b"".join(iter(lambda: channel.recv(65536), b""))


def test_bytes_and_the_end_of_input_pass_through(engine: Path) -> None:
    with local_socket(lambda timeout: dial(str(engine), timeout)) as path:
        assert path.parent.stat().st_mode & 0o777 == 0o700
        for content in (b"one", b"x" * 300_000):
            with dial(str(path), 30) as channel:
                threading.Thread(target=_send, args=(channel, content), daemon=True).start()
                assert _received(channel) == content.upper()
    assert not path.exists()


def _send(channel: socket.socket, content: bytes) -> None:
    channel.sendall(content)
    channel.shutdown(socket.SHUT_WR)


def test_an_engine_that_does_not_answer_ends_the_connection() -> None:
    def refuse(timeout_seconds: float | None) -> socket.socket:
        raise HostError("no engine", where="data-1", fix="Start it.")

    with local_socket(refuse) as path, dial(str(path), 30) as channel:
        assert channel.recv(1) == b""


def test_connections_end_with_the_socket(engine: Path) -> None:
    with local_socket(lambda timeout: dial(str(engine), timeout)) as path:
        channel = dial(str(path), 30)
        channel.sendall(b"begun")
    with channel:
        assert channel.recv(16) in (b"", b"BEGUN")
