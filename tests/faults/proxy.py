"""A Unix socket in front of a Docker engine's that makes one request of a run go wrong."""

from __future__ import annotations

import enum
import os
import re
import signal
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

READS = ("GET", "HEAD")
_DATE = re.compile(rb"(?<=\r\nDate: )[^\r]+")


class Kind(enum.Enum):
    """What goes wrong, and the words for it in the report."""

    KILL_AFTER = "killed once the engine has answered"
    ERROR = "the engine answers 500"
    SILENT_BEFORE = "the engine takes the request, and neither does nor answers it"
    KILL_BEFORE = "killed before the engine is asked"
    LOST_ANSWER = "done, but the connection ends without an answer"
    SILENT_AFTER = "done, but the answer never comes"
    RESET = "the connection is reset before the engine is asked"
    EVENT = "something happens outside"


class Request(NamedTuple):
    method: str
    target: str

    @property
    def is_write(self) -> bool:
        return self.method not in READS

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


class FaultProxy:
    """Passes requests on to an engine, and lets the `at`-th go wrong (from 1; only writes count if `only_writes`).

    victim: the process to kill, set by the test. struck: the request that went wrong, None when the run had
    fewer. event: for Kind.EVENT, called before the request is passed on, with the request; False lets it count not.
    hold: called then as well, but other requests go on meanwhile. clock_seconds: how far the engine's clock seems to be
    ahead.
    """

    def __init__(
        self,
        path: Path,
        *,
        kind: Kind,
        at: int,
        only_writes: bool = False,
        engine: str,
        event: Callable[[Request], bool] | None = None,
    ) -> None:
        self.address = f"unix://{path}"
        self.victim = Future[int]()
        self.struck: Request | None = None
        self.count = 0
        self.clock_seconds = 0
        self.hold: Callable[[], None] | None = None
        self._kind, self._at, self._only_writes, self._event = kind, at, only_writes, event
        self._engine = engine
        self._lock = threading.Lock()
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client, socket.socket(socket.AF_UNIX) as engine:
                engine.connect(self._engine)
                with client.makefile("rb") as requests, engine.makefile("rb") as answers:
                    while self._exchange(client, requests, engine, answers):
                        pass
        except OSError:  # one of the two went away
            return

    def _exchange(self, client: socket.socket, requests: BinaryIO, engine: socket.socket, answers: BinaryIO) -> bool:
        """One request and its answer; False when the connection is at its end."""
        head = read_head(requests)
        if not head:
            return False
        method, target, version = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        request = Request(method, target)
        strikes = self._strikes(request)
        if strikes and self._kind is Kind.RESET and not _has_body(head):
            return False
        body = read_body(requests, head)
        if strikes and self._kind is Kind.KILL_BEFORE:
            self._kill()
            return False
        if strikes and self._kind is Kind.RESET:
            return False
        if strikes and self._kind is Kind.ERROR:
            client.sendall(_error(method))
            return version != "HTTP/1.0"
        if strikes and self._kind is Kind.SILENT_BEFORE:
            return _wait_for_end(requests)
        if strikes and self.hold is not None:
            self.hold()
        engine.sendall(head + body)
        answer, is_last = read_answer(answers, method)
        if strikes and self._kind is Kind.SILENT_AFTER:
            return _wait_for_end(requests)
        if strikes and self._kind is Kind.KILL_AFTER:
            self._kill()
            return False
        if strikes and self._kind is Kind.LOST_ANSWER:
            return False
        client.sendall(self._with_clock(answer))
        return not is_last and version != "HTTP/1.0"

    def _strikes(self, request: Request) -> bool:
        with self._lock:
            if self.struck is not None or (self._only_writes and not request.is_write):
                return False
            if self._event is not None and self.count + 1 == self._at and not self._event(request):
                return False
            self.count += 1
            if self.count == self._at:
                self.struck = request
                return True
            return False

    def _with_clock(self, answer: bytes) -> bytes:
        if not self.clock_seconds:
            return answer
        head, end, body = answer.partition(b"\r\n\r\n")
        found = _DATE.search(head)
        if found is None:
            return answer
        moment = parsedate_to_datetime(found[0].decode()).timestamp() + self.clock_seconds
        return _DATE.sub(formatdate(moment, usegmt=True).encode(), head) + end + body

    def _kill(self) -> None:
        # Its first request may be here before anyone who started it knows its number.
        os.kill(self.victim.result(), signal.SIGKILL)


def _wait_for_end(requests: BinaryIO) -> bool:
    """Wait until anyone who asks has enough; False, as no further request can come."""
    requests.read(1)
    return False


def read_head(stream: BinaryIO) -> bytes:
    """The first line and the headers with the empty line behind them; empty at the end of the stream."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return b""
        head += line
    return head


def read_body(stream: BinaryIO, head: bytes) -> bytes:
    """What follows the headers, as it is on the wire; nothing unless they say how long it is."""
    headers = _headers(head)
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while True:
            line = stream.readline()
            size = int(line.split(b";")[0], 16)
            body += line + stream.read(size + 2)
            if size == 0:
                return body
    return stream.read(int(headers.get("content-length", 0)))


def read_answer(stream: BinaryIO, method: str) -> tuple[bytes, bool]:
    """A whole answer as it is on the wire, and whether the connection ends with it."""
    head = read_head(stream)
    if not head:
        return b"", True
    status, headers = int(head.split(None, 2)[1]), _headers(head)
    if method == "HEAD" or status in (204, 304):
        return head, False
    if "content-length" in headers or headers.get("transfer-encoding") == "chunked":
        return head + read_body(stream, head), headers.get("connection") == "close"
    return head + stream.read(), True


def _headers(head: bytes) -> dict[str, str]:
    pairs = (line.partition(":")[::2] for line in head.decode("latin-1").split("\r\n")[1:] if line)
    return {name.strip().lower(): value.strip().lower() for name, value in pairs}


def _has_body(head: bytes) -> bool:
    headers = _headers(head)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _error(method: str) -> bytes:
    body = b'{"message":"a fault of the test"}\n'
    head = (
        f"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + (b"" if method == "HEAD" else body)
