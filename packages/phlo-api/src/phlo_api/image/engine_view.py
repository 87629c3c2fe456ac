"""A read-only view of a Docker engine on a second Unix socket.

It answers GET and HEAD on the paths of `VIEWS` and nothing else, and of each answer it keeps only the fields listed
there: no environment values, commands, mounts' sources or foreign labels get through.

    python3 engine_view.py [--probe]     the sockets are those of $ENGINE_SOCKET and $VIEW_SOCKET
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import socketserver
import sys
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode

TIMEOUT_SECONDS = 10.0
LABEL_PREFIX = "phlo."
QUERY_NAMES = frozenset({"all", "limit", "filters"})


class _Labels:
    """Marks a field that holds labels: phlo's own are kept."""


class _Names:
    """Marks a mapping or a list of `NAME=value`: the names are kept, the values are not."""


# A view's shape: True keeps a value whole, a dict keeps those fields, a list applies its one shape to every item.
_PORT = {"IP": True, "PrivatePort": True, "PublicPort": True, "Type": True}
_HEALTH = {"Status": True, "FailingStreak": True}
_STATE = {
    "Status": True,
    "Running": True,
    "Restarting": True,
    "OOMKilled": True,
    "ExitCode": True,
    "StartedAt": True,
    "FinishedAt": True,
    "Health": _HEALTH,
}
_SUMMARY = {
    "Id": True,
    "Names": True,
    "Image": True,
    "ImageID": True,
    "Created": True,
    "State": True,
    "Status": True,
    "Ports": [_PORT],
    "Labels": _Labels,
}
_CONTAINER = {
    "Id": True,
    "Name": True,
    "Image": True,
    "Created": True,
    "RestartCount": True,
    "State": _STATE,
    "Config": {"Image": True, "Env": _Names, "Labels": _Labels},
    "NetworkSettings": {"Ports": True},
}
_INFO = {
    "ServerVersion": True,
    "OperatingSystem": True,
    "Architecture": True,
    "NCPU": True,
    "MemTotal": True,
    "Containers": True,
    "ContainersRunning": True,
    "Images": True,
    "Driver": True,
}
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"

VIEWS: tuple[tuple[re.Pattern[str], Any], ...] = tuple(
    (re.compile(rf"(?:/v[0-9]+\.[0-9]+)?{path}"), shape)
    for path, shape in (
        ("/_ping", True),
        ("/version", {"Version": True, "ApiVersion": True, "MinAPIVersion": True, "Os": True, "Arch": True}),
        ("/info", _INFO),
        ("/containers/json", [_SUMMARY]),
        (f"/containers/{_NAME}/json", _CONTAINER),
        ("/images/json", [{"Id": True, "RepoTags": True, "RepoDigests": True, "Size": True, "Created": True}]),
        ("/networks", [{"Id": True, "Name": True, "Driver": True, "Scope": True, "Labels": _Labels}]),
        ("/volumes", {"Volumes": [{"Name": True, "Driver": True, "CreatedAt": True, "Labels": _Labels}]}),
    )
)


def shape_of(path: str) -> Any:
    """The shape of the view at `path`, None when there is no such view."""
    return next((shape for pattern, shape in VIEWS if pattern.fullmatch(path)), None)


def keep(value: Any, shape: Any) -> Any:
    """What of an engine's answer gets through."""
    if value is None or shape is True:
        return value
    if shape is _Labels:
        return {name: text for name, text in value.items() if name.startswith(LABEL_PREFIX)}
    if shape is _Names:
        return [f"{entry.partition('=')[0]}=***" for entry in value]
    if isinstance(shape, list):
        return [keep(item, shape[0]) for item in value]
    return {name: keep(value[name], inner) for name, inner in shape.items() if name in value}


def upstream_target(path: str, query: str) -> str:
    """The request line's target for the engine: of the query only harmless names stay."""
    pairs = [(name, value) for name, value in parse_qsl(query) if name in QUERY_NAMES]
    return f"{path}?{urlencode(pairs)}" if pairs else path


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_SECONDS)
        self.sock.connect(self._path)


def fetch(socket_path: str, target: str) -> tuple[int, bytes]:
    """GET `target` over a Unix socket: status and body. Raises OSError or http.client.HTTPException."""
    connection = UnixConnection(socket_path)
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def view(engine_socket: str, method: str, path: str, query: str) -> tuple[int, bytes]:
    """The answer to one request: status and JSON (plain text for /_ping)."""
    if method not in ("GET", "HEAD"):
        return _message(405, "this view of the engine only reads")
    shape = shape_of(path)
    if shape is None:
        return _message(403, "this path of the engine is not shown")
    try:
        status, body = fetch(engine_socket, upstream_target(path, query))
        if path.endswith("/_ping"):
            return status, body
        answer = json.loads(body)
    except (OSError, http.client.HTTPException, ValueError) as reason:
        return _message(502, f"the engine does not answer: {reason}")
    if status != 200:
        return _message(status, str(answer.get("message", "")))
    return status, json.dumps(keep(answer, shape)).encode()


def _message(status: int, text: str) -> tuple[int, bytes]:
    return status, json.dumps({"message": text}).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    timeout = TIMEOUT_SECONDS
    server: Server

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            return
        path, _, query = self.path.partition("?")
        status, body = view(self.server.engine_socket, self.command, path, query)
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if path.endswith("/_ping") else "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == 405:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if not (isinstance(code, int) and code < 400):
            super().log_request(code, size)

    def address_string(self) -> str:
        return "unix"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves the view of `engine_socket` on `view_socket`, to every user of the volume that holds it."""

    daemon_threads = True

    def __init__(self, view_socket: str, engine_socket: str) -> None:
        self.engine_socket = engine_socket
        if os.path.exists(view_socket):
            os.unlink(view_socket)
        super().__init__(view_socket, Handler)
        os.chmod(view_socket, 0o666)  # noqa: S103 - the API is another user; only it mounts the volume


def main() -> int:
    engine_socket = os.environ.get("ENGINE_SOCKET", "/var/run/docker.sock")
    view_socket = os.environ.get("VIEW_SOCKET", "/run/phlo-engine/engine.sock")
    if "--probe" in sys.argv:
        status, body = fetch(view_socket, "/_ping")
        sys.stdout.write(body.decode(errors="replace"))
        return 0 if status == 200 else 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Server(view_socket, engine_socket) as server:
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
