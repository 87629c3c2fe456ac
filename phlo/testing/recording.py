"""What phlo asked an engine, as it went over the wire."""

from __future__ import annotations

import socket
from typing import Any

from phlo.hosts.http1 import Connect

_METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"DELETE ")
_END = b"\r\n\r\n"


class Recorder:
    """Records the request line of every request that goes through the sockets it hands out.

    >>> recorder = Recorder()
    >>> engine = Engine(recorder.wrap(connect), name="local")
    >>> engine.get("/version"); recorder.requests
    ['HEAD /_ping', 'GET /v1.41/version']
    """

    def __init__(self) -> None:
        self.requests: list[str] = []

    @property
    def writes(self) -> list[str]:
        """The requests that may change something."""
        return [request for request in self.requests if not request.startswith(("GET ", "HEAD "))]

    def wrap(self, connect: Connect) -> Connect:
        def recorded(timeout_seconds: float | None) -> socket.socket:
            channel: Any = _Socket(connect(timeout_seconds), self.requests)
            return channel  # type: ignore[no-any-return]

        return recorded


class _Socket:
    """A socket that notes the first line of each request it sends."""

    def __init__(self, channel: socket.socket, requests: list[str]) -> None:
        self._channel = channel
        self._requests = requests

    def sendall(self, data: bytes) -> None:
        if bytes(data[:7]).startswith(_METHODS):
            # Reads may go several at once; what has a body goes alone.
            heads = data.removesuffix(_END).split(_END) if data.startswith(b"GET ") else [data]
            self._requests.extend(head.split(b" HTTP/", 1)[0].decode() for head in heads)
        self._channel.sendall(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)
