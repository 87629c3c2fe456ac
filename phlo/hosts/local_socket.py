"""A socket on this machine that leads to an engine, however the engine is reached, for programs that need one."""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from phlo.errors import HostError
from phlo.hosts.http1 import Connect

_PIECE_BYTES = 65536


@contextmanager
def local_socket(connect: Connect) -> Iterator[Path]:
    """Listen on a socket that only this user can reach, and pass every connection on to the engine."""
    with tempfile.TemporaryDirectory(prefix="phlo-") as folder:
        path = Path(folder) / "engine.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            listener.listen()
            taker = threading.Thread(target=_take, args=(listener, connect), name="phlo-engine-socket", daemon=True)
            taker.start()
            try:
                yield path
            finally:
                with suppress(OSError):
                    listener.shutdown(socket.SHUT_RDWR)  # ends `accept`
                taker.join()


def _take(listener: socket.socket, connect: Connect) -> None:
    opened: list[socket.socket] = []
    pumps: list[threading.Thread] = []
    while True:
        try:
            here, _ = listener.accept()
        except OSError:
            break
        try:
            there = connect(None)
        except (HostError, OSError):
            here.close()  # the program reports that there is no answer
            continue
        opened += [here, there]
        for source, target in ((here, there), (there, here)):
            pump = threading.Thread(target=_pump, args=(source, target), name="phlo-engine-pump", daemon=True)
            pump.start()
            pumps.append(pump)
    for one in opened:
        with suppress(OSError):
            socket.socket.shutdown(one, socket.SHUT_RDWR)
    for pump in pumps:
        pump.join()
    for one in opened:
        one.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Copy until the source ends, then end the target: TLS in both directions, as it cannot be closed in one."""
    with suppress(OSError):
        while piece := source.recv(_PIECE_BYTES):
            target.sendall(piece)
    with suppress(OSError):
        socket.socket.shutdown(target, socket.SHUT_WR if type(target) is socket.socket else socket.SHUT_RDWR)
