"""HTTP/1.1 as far as a Docker engine speaks it (RFC 9112), over a socket that somebody else opens.

The standard library's client reads headers as it would read a mail: half of the time of a request, and of a short
command a good part of the imports. And the standard library's time-outs of a socket make four calls of one, at each of
which another thread takes over; with a hundred threads that is most of what a run costs. The kernel has its own.
"""

from __future__ import annotations

import math
import socket
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO

from phlo.bounded import MIB, TooLargeError, join_pieces

Connect = Callable[[float | None], socket.socket]
Body = bytes | IO[bytes] | Iterator[bytes]

MOST_HEAD_BYTES = 65536
# More than an engine answers with, were it to list many thousands of containers.
MOST_ANSWER_BYTES = 256 * MIB
_PIECE = 65536
_WITHOUT_BODY = (204, 304)


class WireError(OSError):
    """What came is not HTTP."""


class Limits:
    """How long an answer may take to begin, and how long the other side may pause at any other time; None: for ever."""

    __slots__ = ("answer_seconds", "silence_seconds")

    def __init__(self, answer_seconds: float | None, silence_seconds: float | None) -> None:
        self.answer_seconds = answer_seconds
        self.silence_seconds = silence_seconds


class Connection:
    """A connection that takes one request at a time. timeout_seconds: how long the other side may be silent."""

    __slots__ = ("_connect", "_rest", "_timeout_seconds", "_timeout_set", "sock")

    def __init__(self, connect: Connect, timeout_seconds: float | None) -> None:
        self._connect = connect
        self._timeout_seconds = timeout_seconds
        self._rest = b""
        self._timeout_set: float | None = None
        self.sock: socket.socket | None = None

    def request(
        self, method: str, url: str, body: Body | None, headers: Mapping[str, str], limits: Limits | None = None
    ) -> Answer:
        """Send a request, and read its answer up to where the body begins. Raises OSError.

        body: one that is not bytes is sent as it comes, in chunks.
        """
        limits = limits or Limits(self._timeout_seconds, self._timeout_seconds)
        self._open(limits)
        lines = _lines(method, url, headers)
        if body is None or isinstance(body, bytes):
            if body is not None or method in ("POST", "PUT"):
                lines.append(f"Content-Length: {len(body or b'')}")
            self._send("\r\n".join([*lines, "\r\n"]).encode() + (body or b""))
        else:
            self._send("\r\n".join([*lines, "Transfer-Encoding: chunked", "\r\n"]).encode())
            for piece in body if isinstance(body, Iterator) else iter(lambda: body.read(_PIECE), b""):
                if piece:
                    self._send(b"%x\r\n%b\r\n" % (len(piece), piece))
            self._send(b"0\r\n\r\n")
        return self._answer(method, limits)

    def get_each(self, urls: Sequence[str], limits: Limits) -> Iterator[Answer]:
        """Send a GET for each of the URLs at once, and give their answers in turn, each to be read to its end.

        They end early where the other side means to close after one (RFC 9112, 9.3.2). Raises OSError.
        """
        self._open(limits)
        self._send("".join("\r\n".join([*_lines("GET", url, {}), "\r\n"]) for url in urls).encode())
        for _ in urls:
            answer = self._answer("GET", limits)
            yield answer
            if not answer.leaves_open:
                return

    def _open(self, limits: Limits) -> None:
        if self.sock is None:
            self.sock = self._connect(self._timeout_seconds)
            self._timeout_set = math.nan
        self._wait_at_most(limits.silence_seconds)

    def _answer(self, method: str, limits: Limits) -> Answer:
        self._wait_at_most(limits.answer_seconds)
        answer = Answer(self, method)
        self._wait_at_most(limits.silence_seconds)
        return answer

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        if self.sock is not None:
            self.sock.close()
            self.sock = None
        self._rest = b""

    def take_line(self) -> bytes:
        """The next line, without its end."""
        return self._take_to(b"\r\n")

    def take_head(self) -> list[str]:
        """The first line of an answer and its headers."""
        self._rest = self._rest or self._receive()
        if not self._rest.startswith(b"HTTP/"[: len(self._rest)]):
            raise _not_http(self._rest)
        return self._take_to(b"\r\n\r\n").decode("latin-1").split("\r\n")

    def take(self, most: int) -> bytes:
        """Available bytes, or the next ones: at least a byte, at most `most`."""
        found = self._rest or self._receive()
        self._rest = found[most:]
        return found[:most]

    def take_until_closed(self) -> bytes:
        """Available bytes, or the next ones; b"" once the other side has closed."""
        found, self._rest = self._rest, b""
        return found or self._received()

    def _take_to(self, end: bytes) -> bytes:
        while (at := self._rest.find(end)) < 0:
            if len(self._rest) > MOST_HEAD_BYTES:
                raise WireError("a line without an end")
            self._rest += self._receive()
        found, self._rest = self._rest[:at], self._rest[at + len(end) :]
        return found

    def _receive(self) -> bytes:
        if self.sock is None:
            raise ConnectionResetError("it is closed")
        piece = self._received()
        if not piece:
            raise ConnectionResetError("it closed the connection")
        return piece

    def _wait_at_most(self, seconds: float | None) -> None:
        """How long the next calls of the socket may take. None: for ever."""
        if seconds == self._timeout_set:
            return
        assert self.sock is not None
        self._timeout_set = seconds
        limit(self.sock, seconds)

    def _send(self, data: bytes) -> None:
        assert self.sock is not None
        try:
            self.sock.sendall(data)
        except BlockingIOError:
            raise TimeoutError("timed out") from None

    def _received(self) -> bytes:
        assert self.sock is not None
        try:
            return self.sock.recv(_PIECE)
        except BlockingIOError:
            raise TimeoutError("timed out") from None


def dial(path: str, timeout_seconds: float | None) -> socket.socket:
    """A socket that is connected to a local one; where many wait to be let in it waits with them. Raises OSError."""
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    limit(channel, timeout_seconds)
    try:
        channel.connect(path)
    except BlockingIOError:
        channel.close()
        raise TimeoutError("timed out") from None
    except OSError:
        channel.close()
        raise
    return channel


def limit(channel: socket.socket, seconds: float | None) -> None:
    """How long each call of a socket may take. None: for ever."""
    if type(channel) is not socket.socket:  # TLS has its own
        channel.settimeout(seconds)
        return
    if channel.gettimeout() is not None:
        channel.settimeout(None)
    whole, part = divmod(0 if seconds is None else math.ceil(seconds * 1_000_000), 1_000_000)
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        channel.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", whole, part))


class Answer:
    """An answer. headers: their names in small letters; the body is read by `read` or piece by piece by `read1`."""

    __slots__ = ("_connection", "_is_chunked", "_is_kept", "_left", "headers", "is_read", "status")

    def __init__(self, connection: Connection, method: str) -> None:
        self._connection = connection
        while True:
            first, *lines = connection.take_head()
            version, self.status = _status(first)
            self.headers = {}
            for line in lines:
                name, _, text = line.partition(":")
                self.headers[name.lower()] = text.strip()
            if self.status >= 200 or self.status == 101:
                break
        self._is_chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        # How much of the body (or of its current chunk) is still to come; None: all until the connection closes.
        self._left: int | None = None
        if self._is_chunked or method == "HEAD" or self.status in _WITHOUT_BODY:
            self._left = 0
        elif "content-length" in self.headers:
            self._left = int(self.headers["content-length"])
        self.is_read = self._left == 0 and (not self._is_chunked or method == "HEAD")
        is_bounded = self._left is not None
        self._is_kept = is_bounded and version == "HTTP/1.1" and self.headers.get("connection", "").lower() != "close"

    @property
    def leaves_open(self) -> bool:
        """Whether the connection can take another request: the body was read to its end, and nobody closes."""
        return self.is_read and self._is_kept

    def read(self) -> bytes:
        """The rest of the body. Raises WireError when it is more than MOST_ANSWER_BYTES."""
        try:
            return join_pieces(iter(lambda: self.read1(_PIECE), b""), MOST_ANSWER_BYTES)
        except TooLargeError as reason:
            raise WireError(f"of its answer: {reason}") from None

    def read1(self, most: int) -> bytes:
        """The next piece of the body, as soon as there is one; b"" at its end."""
        if self.is_read:
            return b""
        if self._left is None:
            piece = self._connection.take_until_closed()
            self.is_read = not piece
            return piece
        if self._is_chunked and not self._left:
            self._left = int(self._connection.take_line().partition(b";")[0], 16)
            if not self._left:
                while self._connection.take_line():  # trailers
                    pass
                self.is_read = True
                return b""
        piece = self._connection.take(min(most, self._left))
        self._left -= len(piece)
        if not self._left:
            if self._is_chunked:
                self._connection.take_line()
            else:
                self.is_read = True
        return piece


def _lines(method: str, url: str, headers: Mapping[str, str]) -> list[str]:
    return [f"{method} {url} HTTP/1.1", "Host: docker", *(f"{name}: {text}" for name, text in headers.items())]


def _status(line: str) -> tuple[str, int]:
    version, _, rest = line.partition(" ")
    try:
        return version, int(rest[:3])
    except ValueError:
        raise _not_http(line.encode("latin-1")) from None


def _not_http(found: bytes) -> WireError:
    return WireError(f"not an HTTP answer: {found.splitlines()[0][:80].decode(errors='replace')!r}")
