"""HTTP/1.1 connections that a slow client cannot hold, and not more of them than the server can serve.

uvicorn itself waits for ever for a request's head, its body, and for a client that does not read its answer. Images
share no code, so this file is in every package that serves with uvicorn; a test holds the copies equal.
"""

from __future__ import annotations

import asyncio
import socket

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 15.0
BODY_SECONDS = 30.0
# How long a client may read nothing while there is more for it than fits into the buffers.
UNREAD_SECONDS = 30.0
MOST_CONNECTIONS = 1000


class BoundedProtocol(H11Protocol):
    """Closes the connection of a client that is too slow, and every connection beyond MOST_CONNECTIONS."""

    _request_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None
    _is_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        channel = transport.get_extra_info("socket")
        if channel is not None and channel.family != socket.AF_UNIX:
            # A client that has vanished: nothing of what was sent to it is acknowledged.
            channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNREAD_SECONDS * 1000))
        self._wait_for_request(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._stop_unread()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look_at_request()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look_at_request()
        self._abort_if_closing()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._abort_if_closing()

    def send_400_response(self, msg: str) -> None:
        super().send_400_response(msg)
        self._abort_if_closing()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        self._stop_unread()
        super().resume_writing()

    def _abort_if_closing(self) -> None:
        """A transport that closes waits for what is left in its buffer to be read."""
        if self.transport.is_closing():
            self._wait_for_reader()

    def _look_at_request(self) -> None:
        """Start or stop the time for the part of a request that is missing now."""
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            self._wait_for_request(BODY_SECONDS, is_body=True)
        elif state is h11.IDLE and self.conn.trailing_data[0]:
            self._wait_for_request(HEAD_SECONDS)
        elif state is not h11.IDLE or self._is_body:
            self._stop_waiting()

    def _wait_for_request(self, seconds: float, *, is_body: bool = False) -> None:
        """Close in so many seconds, unless the time for the same part runs already: pieces do not prolong it."""
        if self._request_timer is not None and self._is_body == is_body:
            return
        self._stop_waiting()
        self._is_body = is_body
        self._request_timer = self.loop.call_later(seconds, self.transport.abort)

    def _stop_waiting(self) -> None:
        self._is_body = False
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _wait_for_reader(self) -> None:
        if self._unread_timer is None:
            self._unread_timer = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def _stop_unread(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None
