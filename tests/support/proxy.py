"""A Unix socket in front of the Docker engine's that notes every request, for programs run as a user would."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

_METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"DELETE ")


class RecordingProxy:
    """Listens at `path` and passes everything on to `target`. requests: their first lines, in the order seen."""

    def __init__(self, path: Path, target: str = "/var/run/docker.sock") -> None:
        self.address = f"unix://{path}"
        self.requests: list[str] = []
        self._target = target
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen(64)
        self._channels: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def writes(self) -> list[str]:
        return [request for request in self.requests if not request.startswith(("GET ", "HEAD "))]

    def close(self) -> None:
        self._server.close()
        for channel in self._channels:
            channel.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(self._target)
            self._channels += [client, engine]
            threading.Thread(target=self._pass_on, args=(client, engine, True), daemon=True).start()
            threading.Thread(target=self._pass_on, args=(engine, client, False), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, is_request: bool) -> None:
        try:
            while data := source.recv(65536):
                if is_request and data[:7].startswith(_METHODS):
                    self.requests.append(data.split(b" HTTP/", 1)[0].decode())
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return
