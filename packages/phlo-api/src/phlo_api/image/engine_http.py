"""One strict HTTP exchange between a client and the engine: what is sent on is written anew from what was parsed.

A connection carries one request. Its head has to be in the exact form of RFC 9112, without the leniencies that make two
programs read one stream of bytes differently; h11 then reads the body's framing, and h11 writes both directions.
"""

from __future__ import annotations

import re
import select
import socket
import time
from collections.abc import Iterator
from typing import NamedTuple

import h11

HEAD_SECONDS = 10.0
STALL_SECONDS = 60.0
LARGEST_HEAD = 32768
_PIECE = 65536
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_HEAD = re.compile(
    rb"[A-Z]{1,16} /[\x21\x23-\x7e]* HTTP/1\.1\r\n(?:" + _TOKEN + rb":[\t\x20-\x7e\x80-\xff]*\r\n){1,100}\r\n"
)
_SENT_ON = frozenset({b"content-type", b"accept", b"x-registry-auth", b"x-registry-config"})
_SENT_BACK = frozenset(
    {b"content-type", b"x-docker-container-path-stat", b"api-version", b"docker-experimental", b"ostype"}
)


class Refused(Exception):
    """A request that is not passed on. status: of the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Head(NamedTuple):
    """A request without its body. headers: names in small letters."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]

    def values(self, name: bytes) -> list[bytes]:
        return [value for given, value in self.headers if given == name]

    @property
    def has_body(self) -> bool:
        length = self.values(b"content-length")
        return bool(self.values(b"transfer-encoding")) or (bool(length) and length != [b"0"])

    @property
    def wants_upgrade(self) -> bool:
        return bool(self.values(b"upgrade"))


class Exchange:
    """A client's connection, from its request to the end of the answer."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)
        self._is_answered = False
        self._is_head = False

    def read_head(self) -> Head | None:
        """The request; None when the client says nothing. Raises Refused for one that is not in its exact form."""
        data = self._received_head()
        if not data:
            return None
        end = data.index(b"\r\n\r\n") + 4
        if not _HEAD.fullmatch(data[:end]):
            raise Refused(400, "the request is not in the form of HTTP/1.1")
        try:
            self._http.receive_data(data)
            event = self._http.next_event()
        except h11.RemoteProtocolError as reason:
            raise Refused(reason.error_status_hint, str(reason)) from None
        if not isinstance(event, h11.Request):
            raise Refused(400, "this is not a request")
        self._is_head = event.method == b"HEAD"
        head = Head(event.method.decode(), event.target.decode(), tuple(event.headers))
        lengths, codings = head.values(b"content-length"), head.values(b"transfer-encoding")
        if len(lengths) + len(codings) > 1 or data[:end].lower().count(b"\r\ncontent-length:") > 1:
            raise Refused(400, "the length of the body is given twice")
        return head

    def _received_head(self) -> bytes:
        """All up to the empty line after the headers, and what came with it. Empty when the client ended before."""
        data, deadline = b"", time.monotonic() + HEAD_SECONDS
        while b"\r\n\r\n" not in data:
            if len(data) > LARGEST_HEAD:
                raise Refused(431, "the headers are too long")
            left = deadline - time.monotonic()
            if left <= 0:
                raise Refused(408, "the headers took too long")
            self.client.settimeout(left)
            try:
                piece = self.client.recv(4096)
            except TimeoutError:
                continue
            if not piece:
                if data:
                    raise Refused(400, "the request ended early")
                return b""
            data += piece
        return data

    def read_body(self, largest: int) -> bytes:
        """The whole body. Raises Refused when it is larger than `largest` bytes, or breaks off."""
        body = b""
        self.client.settimeout(STALL_SECONDS)
        self._invite_body()
        while not isinstance(event := self._next(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                self._receive()
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > largest:
                    raise Refused(413, "the body is too large")
        return body

    def _next(self) -> object:
        try:
            event = self._http.next_event()
        except h11.RemoteProtocolError as reason:
            raise Refused(400, str(reason)) from None
        if isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
            raise Refused(400, "the request ended early")
        return event

    def _receive(self) -> None:
        self._http.receive_data(self.client.recv(_PIECE))

    def _invite_body(self) -> None:
        if self._http.they_are_waiting_for_100_continue:
            self._send(h11.InformationalResponse(status_code=100, headers=[]))

    def _send(self, event: h11.Event) -> None:
        _send(self.client, self._http, event)

    def answer(self, status: int, body: bytes, content_type: str, more: tuple[tuple[str, str], ...] = ()) -> None:
        """Send a whole answer, and end the conversation; nothing when an answer has begun already."""
        if self._is_answered:
            return
        self._is_answered = True
        self.client.settimeout(STALL_SECONDS)
        headers = [("Content-Type", content_type), ("Content-Length", str(len(body))), ("Connection", "close"), *more]
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            # The request was not understood, and h11 takes no answer to it.
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
            self.client.sendall(f"HTTP/1.1 {status} Refused\r\n{lines}\r\n".encode() + body)
            return
        self._send(h11.Response(status_code=status, headers=headers))
        if not self._is_head:
            self._send(h11.Data(data=body))
        self._send(h11.EndOfMessage())

    # -- passing on ----------------------------------------------------------------------------------------

    def relay(self, engine: socket.socket, head: Head, target: str, *, may_upgrade: bool, body: bytes | None) -> bytes:
        """Send the request to the engine as `target`, and the answer back; gives how the answer's body began.

        body: what was read of the request already; None: it is passed on as it comes.
        """
        self._is_answered = True
        is_upgrade = may_upgrade and head.wants_upgrade
        upstream = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
        headers = [(name, value) for name, value in head.headers if name in _SENT_ON]
        headers += [(b"host", b"docker"), (b"connection", b"Upgrade" if is_upgrade else b"close")]
        headers += [(b"upgrade", b"tcp")] if is_upgrade else []
        if body is not None:
            headers.append((b"content-length", str(len(body)).encode()))
        else:
            headers += [pair for pair in head.headers if pair[0] in (b"content-length", b"transfer-encoding")]
        _send(engine, upstream, h11.Request(method=head.method, target=target, headers=headers))
        if body is not None:
            _send(engine, upstream, h11.Data(data=body))
            _send(engine, upstream, h11.EndOfMessage())
        else:
            self._invite_body()
        return self._converse(engine, upstream, has_more=body is None)

    def _converse(self, engine: socket.socket, upstream: h11.Connection, *, has_more: bool) -> bytes:
        """Pass on the rest of the request and all of the answer, as either comes, until the answer ends."""
        begun = b""
        self.client.settimeout(STALL_SECONDS)
        sides = _Sides(self.client, engine, stall_seconds=STALL_SECONDS)
        sides.hears_client = has_more and not self._pass_body(engine, upstream)
        for is_client in sides:
            if is_client:
                self._receive()
                sides.hears_client = not self._pass_body(engine, upstream)
                continue
            upstream.receive_data(engine.recv(_PIECE))
            while (event := upstream.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                if isinstance(event, h11.InformationalResponse) and event.status_code == 101:
                    self._switch(engine, upstream)
                    return begun
                if isinstance(event, h11.Response):
                    self._begin(event)
                elif isinstance(event, h11.Data):
                    begun = begun if len(begun) > 4096 else begun + event.data
                    self._send(h11.Data(data=bytes(event.data)))
                elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
                    self._send(h11.EndOfMessage())
                    return begun
        return begun

    def _pass_body(self, engine: socket.socket, upstream: h11.Connection) -> bool:
        """Pass on what has come of the request's body; whether that was its end."""
        while (event := self._next()) is not h11.NEED_DATA:
            if isinstance(event, h11.Data):
                _send(engine, upstream, h11.Data(data=bytes(event.data)))
            elif isinstance(event, h11.EndOfMessage):
                _send(engine, upstream, h11.EndOfMessage())
                return True
        return False

    def _begin(self, response: h11.Response) -> None:
        headers = [(name, value) for name, value in response.headers if name in _SENT_BACK]
        headers += [(name, value) for name, value in response.headers if name == b"content-length"]
        headers.append((b"connection", b"close"))
        self._send(h11.Response(status_code=response.status_code, headers=headers, reason=response.reason))

    def _switch(self, engine: socket.socket, upstream: h11.Connection) -> None:
        """Copy bytes in both directions, after the engine has agreed to."""
        headers = [(b"connection", b"Upgrade"), (b"upgrade", b"tcp")]
        self._send(h11.InformationalResponse(status_code=101, headers=headers, reason=b"UPGRADED"))
        self.client.sendall(upstream.trailing_data[0])
        engine.sendall(self._http.trailing_data[0])
        sides = _Sides(self.client, engine)
        for is_client in sides:
            source, target = (self.client, engine) if is_client else (engine, self.client)
            piece = source.recv(_PIECE)
            if piece:
                target.sendall(piece)
            elif not is_client:
                return
            else:  # a client that has no more to say may still listen
                engine.shutdown(socket.SHUT_WR)
                sides.hears_client = False


def _send(target: socket.socket, http: h11.Connection, event: h11.Event) -> None:
    """Send an event; one without bytes (the end of a body with a length) touches no socket, which may be closed."""
    data = http.send(event)
    if data:
        target.sendall(data)


class _Sides:
    """Two connections that are copied between. Iteration gives which has sent something, True for the client.

    It ends when the client has gone. hears_client: whether the client is to be read; what it sends otherwise stays
    unread, and wakes nobody. stall_seconds: how long a client that is to be read may send nothing, before TimeoutError.
    """

    def __init__(self, client: socket.socket, engine: socket.socket, *, stall_seconds: float | None = None) -> None:
        self._client = client
        self._engine = engine
        self._stall_seconds = stall_seconds
        self.hears_client = True

    def __iter__(self) -> Iterator[bool]:
        poll = select.poll()
        poll.register(self._engine, select.POLLIN)
        while True:
            poll.register(self._client, select.POLLIN if self.hears_client else 0)
            ready = dict(poll.poll(self._stall_seconds * 1000 if self._stall_seconds and self.hears_client else None))
            if not ready:
                raise TimeoutError("the client sends no more of its request")
            if self._engine.fileno() in ready:
                yield False
            state = ready.get(self._client.fileno(), 0)
            if state & select.POLLIN:
                yield True
            elif state:
                return
