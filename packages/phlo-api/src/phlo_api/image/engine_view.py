"""A view of a Docker engine on a second Unix socket, for one project.

It reads. The project's own containers, networks and volumes, with those that phlo adopted, are shown whole, with the
containers' output and files; of all others only the fields that `engine_policy` lists: no values of environment
variables, no commands, sources of mounts, driver options or labels. Images are shared, and shown whole.

With ENGINE_WRITES set it also writes, as phlo does that brings the project up; containers of others stay out of reach.
Who can make containers can do everything on the host: then this keeps accidents away, not intruders.

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
import threading
from typing import Any
from urllib.parse import urlencode

import h11
from engine_http import Exchange, Head, Refused
from engine_policy import (
    LABEL_LOCK,
    LABEL_MARK,
    LABEL_MARK_PROJECT,
    Route,
    find_route,
    has_path,
    is_adopted,
    is_mark_of,
    is_of,
    plain_path,
    plain_query,
    shown,
)

TIMEOUT_SECONDS = 10.0
MOST_CONNECTIONS = 128
MOST_VIEWS = 4  # answers that are held in memory as a whole at the same time
LARGEST_ANSWER = 8 << 20
LARGEST_BODY = 65536  # of a request that is looked into
_CREATED = re.compile(rb'"Id":\s*"([0-9a-f]{64})"')


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = dial(self._path)


def dial(path: str) -> socket.socket:
    """A socket that is connected to a local one."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(TIMEOUT_SECONDS)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def fetch(socket_path: str, target: str) -> tuple[int, bytes]:
    """GET `target` over a Unix socket: status and body. Raises OSError or http.client.HTTPException."""
    connection = UnixConnection(socket_path)
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        body = response.read(LARGEST_ANSWER + 1)
    finally:
        connection.close()
    if len(body) > LARGEST_ANSWER:
        raise OSError(f"its answer is larger than {LARGEST_ANSWER >> 20} MB")
    return response.status, body


class Project:
    """Which resources are the project's own.

    made: containers that were made through this view and carry no label (helpers of a run).
    """

    def __init__(self, engine_socket: str, own_container: str) -> None:
        self._engine_socket = engine_socket
        self._own_container = own_container
        self._name: str | None = None
        self.made: set[str] = set()

    @property
    def name(self) -> str:
        """The project that this view's own container belongs to; Refused or OSError when the engine does not say."""
        if self._name is None:
            found = self.inspect(f"/containers/{self._own_container}/json")
            self._name = str((found.get("Config") or {}).get("Labels", {}).get("phlo.project", ""))
        return self._name

    def inspect(self, path: str) -> Any:
        """What the engine has at a path. Raises Refused with the engine's own words when there is nothing."""
        status, body = fetch(self._engine_socket, path)
        answer = json.loads(body)
        if status != 200:
            raise Refused(status, str(answer.get("message", "")))
        return answer

    def own_id(self, kind: str, name: str) -> str:
        """The id of a resource of the project, under which nothing else can come to be. Raises Refused for others'."""
        if kind == "exec":
            found = self.inspect(f"/exec/{name}/json")
            self.own_id("container", found["ContainerID"])
            return str(found["ID"])
        if kind == "container":
            found = self.inspect(f"/containers/{name}/json")
            labels = (found.get("Config") or {}).get("Labels") or {}
            is_own = found["Id"] in self.made or is_of(found, self.name) or self._has_lock(labels)
            is_own = is_own or is_adopted(found, self.name, self.marked())
        else:
            found = self.inspect(f"/{kind}s/{name}")
            is_own = is_of(found, self.name) or is_mark_of(found, self.name)
        if not is_own:
            raise Refused(403, f"this {kind} is not one of the project {self.name}")
        return str(found["Name"] if kind == "volume" else found["Id"])

    def marked(self) -> frozenset[str]:
        """The ids of the containers that `phlo adopt` marked as the project's, each by an empty volume."""
        filters = json.dumps({"label": [f"{LABEL_MARK_PROJECT}={self.name}"]})
        found = self.inspect(f"/volumes?{urlencode({'filters': filters})}")["Volumes"] or ()
        return frozenset(volume["Labels"].get(LABEL_MARK, "") for volume in found)

    def _has_lock(self, labels: dict[str, str]) -> bool:
        return bool(self.name) and labels.get(LABEL_LOCK) == self.name


class Handler(socketserver.BaseRequestHandler):
    """Answers the one request of a connection."""

    server: Server

    def handle(self) -> None:
        exchange = Exchange(self.request)
        try:
            head = exchange.read_head()
            if head is not None:
                self._serve(exchange, head)
        except Refused as refused:
            self._refuse(exchange, refused)
        except RecursionError:
            self._refuse(exchange, Refused(400, "the body is nested too deeply"))
        except (http.client.HTTPException, ValueError, KeyError, TypeError, h11.ProtocolError) as reason:
            self._refuse(exchange, Refused(502, f"the engine's answer is not understood: {reason}"))
        except OSError as reason:
            self._refuse(exchange, Refused(502, f"the engine does not answer: {reason}"))

    def _refuse(self, exchange: Exchange, refused: Refused) -> None:
        more = (("Allow", "GET, HEAD"),) if refused.status == 405 else ()
        body = json.dumps({"message": refused.text}).encode()
        try:
            exchange.answer(refused.status, body, "application/json", more)
        except (OSError, h11.ProtocolError):
            return  # the client has gone
        sys.stderr.write(f"{refused.status} {refused.text}\n")

    def _serve(self, exchange: Exchange, head: Head) -> None:
        raw, _, raw_query = head.target.partition("?")
        plain = plain_path(raw)
        if plain is None:
            raise Refused(403, "this is not the plain form of a path")
        version, path = plain
        found = find_route(head.method, path, writes=self.server.writes)
        if found is None and head.method not in ("GET", "HEAD") and not self.server.writes:
            raise Refused(405, "this view of the engine only reads")
        if found is None:
            what = "is not used in this way" if has_path(path) else "of the engine is not shown"
            raise Refused(403, f"this path {what}")
        route, names = found
        query = plain_query(route, raw_query)
        if query is None:
            raise Refused(400, "the query is not plain")
        if head.method in ("GET", "HEAD") and head.has_body:
            raise Refused(400, "a request that reads has no body")
        if head.wants_upgrade and not (route.upgrades and head.values(b"upgrade") == [b"tcp"]):
            raise Refused(400, "this request does not become a stream")
        end = f"?{query}" if query else ""
        if route.shape is not None:
            self._show(exchange, route, f"{version}{path}{end}", path)
            return
        if route.owner == "member":
            self._pass(exchange, head, f"{version}{path}{end}", route, body=self._membership(exchange))
            return
        if route.owner:
            start, stop = names.span("name")
            path = path[:start] + self.server.project.own_id(route.owner, names["name"]) + path[stop:]
        self._pass(exchange, head, f"{version}{path}{end}", route, body=None)

    def _show(self, exchange: Exchange, route: Route, target: str, path: str) -> None:
        with self.server.views:
            status, body = fetch(self.server.engine_socket, target)
            if path == "/_ping":
                exchange.answer(status, body, "text/plain", (("Api-Version", self.server.api_version()),))
                return
            answer = json.loads(body)
            if status != 200:
                raise Refused(status, str(answer.get("message", "")))
            project = self.server.project
            marked = project.marked() if path.startswith("/containers/") else ()
            shape = shown(answer, route.shape, project.name, marked)
            exchange.answer(status, json.dumps(shape).encode(), "application/json")

    def _membership(self, exchange: Exchange) -> bytes:
        """The body that connects a container to a network, or disconnects it; the container has to be the project's."""
        given = json.loads(exchange.read_body(LARGEST_BODY))
        container = given.get("Container") if isinstance(given, dict) else None
        if not isinstance(container, str) or plain_path(f"/containers/{container}") is None or "/" in container:
            raise Refused(400, "no container is named")
        given["Container"] = self.server.project.own_id("container", container)
        return json.dumps(given).encode()

    def _pass(self, exchange: Exchange, head: Head, target: str, route: Route, *, body: bytes | None) -> None:
        made = self.server.project.made
        with dial(self.server.engine_socket) as engine:
            engine.settimeout(None)
            begun = exchange.relay(engine, head, target, may_upgrade=route.upgrades, body=body)
        if route.pattern.pattern == "/containers/create" and (found := _CREATED.search(begun)):
            made.add(found[1].decode())
        if head.method == "DELETE" and route.owner == "container":
            made.discard(target.partition("?")[0].rpartition("/")[2])


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves the view of `engine_socket` on `view_socket`, to every user of the volume that holds it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, view_socket: str, engine_socket: str, project: Project, *, writes: bool) -> None:
        self.engine_socket = engine_socket
        self.project = project
        self.writes = writes
        self.views = threading.BoundedSemaphore(MOST_VIEWS)
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        if os.path.exists(view_socket):
            os.unlink(view_socket)
        super().__init__(view_socket, Handler)
        os.chmod(view_socket, 0o666)  # noqa: S103 - the API is another user; only it mounts the volume

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own; when there are too many, end it at once."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

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
