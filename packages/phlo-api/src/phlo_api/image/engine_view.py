"""A view of a Docker engine on a second Unix socket, for one project.

It reads. Of the project's own containers everything is shown, and their output and files; of all others only the
fields listed in `VIEWS`: no environment values, commands, mounts' sources or foreign labels.

With ENGINE_WRITES set it also writes, as phlo does that brings the project up; containers of others stay out of reach.
Who can make containers can do everything on the host: then this keeps accidents away, not intruders.

    python3 engine_view.py [--probe]     the sockets are those of $ENGINE_SOCKET and $VIEW_SOCKET
"""

from __future__ import annotations

import http.client
import json
import os
import re
import select
import signal
import socket
import socketserver
import sys
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode

TIMEOUT_SECONDS = 10.0
LABEL_PREFIX = "phlo."
QUERY_NAMES = frozenset({"all", "limit", "filters", "digests", "verbose"})


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
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
_IMAGE = r"[A-Za-z0-9](?:[A-Za-z0-9_.:/@-]|%40|%3A)*"
LABEL_PROJECT, LABEL_LOCK = "phlo.project", "phlo.lock"
_WRITABLE = re.compile(r"(?:/v[0-9]+\.[0-9]+)?/(?:containers|exec|images|build|networks|volumes|session|auth)(?:/.*)?")
_LARGEST_HEAD = 65536

VIEWS: tuple[tuple[re.Pattern[str], Any], ...] = tuple(
    (re.compile(rf"(?:/v[0-9]+\.[0-9]+)?{path}"), shape)
    for path, shape in (
        ("/_ping", True),
        ("/version", True),
        ("/info", True),
        ("/containers/json", [_SUMMARY]),
        (rf"/containers/{_NAME}/json", _CONTAINER),
        ("/images/json", True),
        (rf"/images/{_IMAGE}/json", True),
        ("/networks", True),
        (
            rf"/networks/{_NAME}",
            {"Id": True, "Name": True, "Driver": True, "Scope": True, "Labels": _Labels, "IPAM": True},
        ),
        ("/volumes", True),
        (rf"/volumes/{_NAME}", True),
    )
)
# Shown as they come, of the project's own containers alone.
_STREAMS = re.compile(rf"(?:/v[0-9]+\.[0-9]+)?/containers/(?P<container>{_NAME})/(?:logs|archive|top|stats)")
_OF_CONTAINER = re.compile(rf"(?:/v[0-9]+\.[0-9]+)?/containers/(?P<container>{_NAME})(?:/.*)?")
_EXEC = re.compile(rf"(?:/v[0-9]+\.[0-9]+)?/exec/(?P<exec>{_NAME})/.*")


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


class Project:
    """Which containers are the project's own. name: None before the engine was asked who we are.

    made: containers that were made through this view and carry no label (helpers of a run).
    """

    def __init__(self, engine_socket: str, own_container: str) -> None:
        self._engine_socket = engine_socket
        self._own_container = own_container
        self._name: str | None = None
        self.made: set[str] = set()

    @property
    def name(self) -> str:
        """The project that this view's own container belongs to. Raises OSError or http.client.HTTPException."""
        if self._name is None:
            _, body = fetch(self._engine_socket, f"/containers/{self._own_container}/json")
            self._name = str((json.loads(body).get("Config") or {}).get("Labels", {}).get(LABEL_PROJECT, ""))
        return self._name

    def has(self, labels: Any) -> bool:
        """Whether these are labels of one of its containers."""
        return bool(self.name) and (labels or {}).get(LABEL_PROJECT) == self.name

    def owns(self, container: str) -> bool:
        """Whether a container may be looked into, and changed."""
        status, body = fetch(self._engine_socket, f"/containers/{container}/json")
        if status != 200:
            return True  # there is none: the engine says so itself
        found = json.loads(body)
        labels = found["Config"].get("Labels") or {}
        return found["Id"] in self.made or self.has(labels) or labels.get(LABEL_LOCK) == self.name

    def runs(self, execution: str) -> bool:
        """Whether an exec is one in such a container."""
        status, body = fetch(self._engine_socket, f"/exec/{execution}/json")
        return status != 200 or self.owns(json.loads(body)["ContainerID"])


def view(project: Project, engine_socket: str, method: str, path: str, query: str) -> tuple[int, bytes]:
    """The answer to a request that reads: status and JSON (plain text for /_ping)."""
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
        if status != 200:
            return _message(status, str(answer.get("message", "")))
        return status, json.dumps(shown(answer, shape, project)).encode()
    except (OSError, http.client.HTTPException, ValueError) as reason:
        return _message(502, f"the engine does not answer: {reason}")


def shown(answer: Any, shape: Any, project: Project) -> Any:
    """What of an answer is shown: of the project's own containers and networks all, of others what is listed."""
    if shape == [_SUMMARY]:
        return [entry if project.has(entry.get("Labels")) else keep(entry, _SUMMARY) for entry in answer]
    if isinstance(shape, dict):
        labels = answer.get("Labels") if "Config" not in answer else (answer["Config"] or {}).get("Labels")
        return answer if project.has(labels) else keep(answer, shape)
    return keep(answer, shape)


def may_pass(project: Project, method: str, path: str, *, writes: bool) -> bool:
    """Whether a request goes to the engine as it is, and its answer back as it comes.

    These are the output and files of the project's own containers; and, where it may be written, all that phlo does
    to the project's containers, images, networks and volumes.
    """
    if ".." in path.split("/"):
        return False
    found = _STREAMS.fullmatch(path)
    if found and method in ("GET", "HEAD"):
        return project.owns(found["container"])
    if not writes or not _WRITABLE.fullmatch(path):
        return False
    if method in ("GET", "HEAD") and shape_of(path) is not None:
        return False
    execution = _EXEC.fullmatch(path)
    if execution:
        return project.runs(execution["exec"])
    found = _OF_CONTAINER.fullmatch(path)
    if found and found["container"] not in ("create", "json", "prune"):
        return project.owns(found["container"])
    return not path.endswith("/prune")


def _message(status: int, text: str) -> tuple[int, bytes]:
    return status, json.dumps({"message": text}).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    rbufsize = 0  # what stands behind the head is not ours to take
    timeout = TIMEOUT_SECONDS
    server: Server

    def handle_one_request(self) -> None:
        head = self._read_head()
        if head is None:
            self.close_connection = True
            return
        line, _, rest = head.partition(b"\r\n")
        self.raw_requestline, self.requestline = line, line.decode("latin-1")
        self.request_version = "HTTP/1.1"
        self.close_connection = True
        try:
            self.command, target, _ = self.requestline.split(" ")
        except ValueError:
            return
        path, _, query = target.partition("?")
        try:
            is_passed = may_pass(self.server.project, self.command, path, writes=self.server.writes)
        except (OSError, http.client.HTTPException, ValueError) as reason:
            self._answer(path, *_message(502, f"the engine does not answer: {reason}"))
            return
        if is_passed:
            self._pass(line, rest, is_creation=path.endswith("/containers/create"))
        else:
            self._answer(path, *view(self.server.project, self.server.engine_socket, self.command, path, query))

    def _read_head(self) -> bytes | None:
        """The request's line and headers; None when there is none, or it is no request."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.rfile.read(1)
            if not byte or len(head) > _LARGEST_HEAD:
                return None
            head += byte
        return head

    def _answer(self, path: str, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if path.endswith("/_ping") else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        if path.endswith("/_ping"):
            self.send_header("Api-Version", self.server.api_version())
        if status == 405:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _pass(self, line: bytes, rest: bytes, *, is_creation: bool) -> None:
        """Let both sides talk until one ends. The engine is told to close after this one request."""
        headers = [text for text in rest.split(b"\r\n") if text and not text.lower().startswith(b"connection:")]
        is_upgrade = any(text.lower().startswith(b"upgrade:") for text in headers)
        headers.append(b"Connection: Upgrade" if is_upgrade else b"Connection: close")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as engine:
            engine.connect(self.server.engine_socket)
            engine.sendall(b"\r\n".join([line, *headers, b"", b""]))
            begun = splice(self.connection, engine)
        if is_creation and (found := re.search(rb'"Id":"([0-9a-f]{64})"', begun)):
            self.server.project.made.add(found[1].decode())

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if not (isinstance(code, int) and code < 400):
            super().log_request(code, size)

    def address_string(self) -> str:
        return "unix"


def splice(client: socket.socket, engine: socket.socket) -> bytes:
    """Copy both ways until the engine has said all, or the client is gone; gives how the engine's answer began."""
    client.settimeout(None)
    begun = b""
    sides = [client, engine]
    while True:
        ready, _, _ = select.select(sides, [], [])
        for side in ready:
            piece = side.recv(65536)
            if side is engine:
                if not piece:
                    return begun
                begun = begun if len(begun) > 4096 else begun + piece
                client.sendall(piece)
            elif piece:
                engine.sendall(piece)
            else:
                # A client that has no more to say may still listen; one that has closed does not.
                engine.shutdown(socket.SHUT_WR)
                sides = [engine]


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves the view of `engine_socket` on `view_socket`, to every user of the volume that holds it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, view_socket: str, engine_socket: str, project: Project, *, writes: bool) -> None:
        self.engine_socket = engine_socket
        self.project = project
        self.writes = writes
        if os.path.exists(view_socket):
            os.unlink(view_socket)
        super().__init__(view_socket, Handler)
        os.chmod(view_socket, 0o666)  # noqa: S103 - the API is another user; only it mounts the volume

    def api_version(self) -> str:
        """The API version that the engine offers, which its answers to /_ping carry."""
        _, body = fetch(self.engine_socket, "/version")
        return str(json.loads(body)["ApiVersion"])


def main() -> int:
    engine_socket = os.environ.get("ENGINE_SOCKET", "/var/run/docker.sock")
    view_socket = os.environ.get("VIEW_SOCKET", "/run/phlo-engine/engine.sock")
    if "--probe" in sys.argv:
        status, body = fetch(view_socket, "/_ping")
        sys.stdout.write(body.decode(errors="replace"))
        return 0 if status == 200 else 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    project = Project(engine_socket, socket.gethostname())
    with Server(view_socket, engine_socket, project, writes=bool(os.environ.get("ENGINE_WRITES"))) as server:
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
