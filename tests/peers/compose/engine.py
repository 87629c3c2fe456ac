"""An engine that makes nothing: it answers just enough of the Engine API, and records what it is asked to create."""

from __future__ import annotations

import json
import re
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

# Networks, volumes and containers with such a name are there already.
EXISTING = "existing"
_VERSIONED = re.compile(r"^/v[0-9.]+(?=/)")


class RecordingEngine:
    """Serves on a unix socket while it is open. `requests` are those that create something, in their order."""

    def __init__(self, socket: Path, api: str) -> None:
        self.socket = socket
        self.requests: list[dict[str, Any]] = []
        self.unknown: list[str] = []
        self._server = _Server(str(socket), _Handler)
        self._server.engine, self._server.api = self, api
        self._things: dict[tuple[str, str], dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> RecordingEngine:
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def forget(self) -> None:
        """Start again with an engine that has nothing."""
        self.requests, self.unknown, self._things = [], [], {}

    def answer(self, verb: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        with self._lock:
            return self._answer(verb, path, query, body)

    def _answer(self, verb: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        match [verb, *path.strip("/").split("/")]:
            case ["GET", "info"]:
                return 200, _info(self._server.api)
            case ["GET", "version"]:
                return 200, {"Version": "28.0.0", "ApiVersion": self._server.api, "Os": "linux", "Arch": "amd64"}
            case ["GET", "images", *_, "json"] if path != "/images/json":
                return 200, _image(path.removeprefix("/images/").removesuffix("/json"))
            case ["POST", "images", "create"]:
                return 200, {"status": "pulled"}
            case ["POST", "containers", "create"]:
                name = query.get("name", [""])[0]
                self.requests.append({"container": name, "body": body})
                self._things[("containers", name)] = _container(name, body)
                return 201, {"Id": name, "Warnings": []}
            case ["POST", "networks" | "volumes" as kind, "create"]:
                self.requests.append({kind.removesuffix("s"): body["Name"], "body": body})
                self._things[(kind, body["Name"])] = {**body, "Id": body["Name"]}
                return 201, self._things[(kind, body["Name"])]
            case ["GET", "networks"]:
                return 200, self._all("networks")
            case ["GET", "volumes"]:
                return 200, {"Volumes": self._all("volumes"), "Warnings": []}
            case ["GET", "containers", "json"]:
                return 200, [_listed(thing) for thing in self._all("containers") if _matches(thing, query)]
            case ["GET", "images", "json"]:
                return 200, []
            case ["GET", "containers", name, "json"]:
                return self._one("containers", name)
            case ["GET", "networks" | "volumes" as kind, name]:
                return self._one(kind, name)
            case ["POST", "containers" | "networks", *_] | ["PUT", "containers", *_]:
                return 204, None
        self.unknown.append(f"{verb} {path}")
        return 404, {"message": "not found"}

    def _all(self, kind: str) -> list[dict[str, Any]]:
        return [thing for (of, _), thing in self._things.items() if of == kind]

    def _one(self, kind: str, name: str) -> tuple[int, Any]:
        found = self._things.get((kind, name))
        if found is None and name.startswith(EXISTING):
            found = {"Id": name, "Name": name, "Driver": "local", "Labels": {}, "Scope": "local"}
            if kind == "containers":
                found = _container(name, {"Labels": {}, "Image": "app:1"})
        return (200, found) if found is not None else (404, {"message": f"no such {kind[:-1]}: {name}"})


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    engine: RecordingEngine
    api: str


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _serve(self) -> None:
        split = urlsplit(self.path)
        path = unquote(_VERSIONED.sub("", split.path))
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if path == "/_ping":
            self._send(200, b"OK", "text/plain")
            return
        body = json.loads(data) if data and "json" in (self.headers.get("Content-Type") or "") else None
        status, found = self.server.engine.answer(self.command, path, parse_qs(split.query), body)
        self._send(status, b"" if found is None else json.dumps(found).encode(), "application/json")

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _serve  # noqa: N815  named by the standard library

    def _send(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Api-Version", self.server.api)
        self.send_header("Ostype", "linux")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def address_string(self) -> str:
        return "socket"

    def log_message(self, *args: Any) -> None:
        """Nothing is logged."""


def _info(api: str) -> dict[str, Any]:
    return {
        "ID": "recorder",
        "OSType": "linux",
        "Architecture": "x86_64",
        "Name": "recorder",
        "ServerVersion": "28.0.0",
        "Driver": "overlay2",
        "Runtimes": {"runc": {"path": "runc"}},
        "Swarm": {"LocalNodeState": "inactive"},
        "SecurityOptions": [],
        "ApiVersion": api,
    }


def _image(name: str) -> dict[str, Any]:
    return {
        "Id": "sha256:" + "1" * 64,
        "RepoTags": [name],
        "RepoDigests": [],
        "Os": "linux",
        "Architecture": "amd64",
        "Config": {"Labels": {}, "Env": []},
    }


def _container(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """What inspecting a container gives; its name is its identifier, so that requests refer to it readably."""
    return {
        "Id": name,
        "Name": f"/{name}",
        "Image": "sha256:" + "1" * 64,
        "Config": {"Labels": body.get("Labels") or {}, "Image": body.get("Image", "")},
        "HostConfig": {"NetworkMode": "default"},
        "Mounts": [],
        "State": {"Status": "created", "Running": False},
        "NetworkSettings": {"Networks": {}},
    }


def _listed(container: dict[str, Any]) -> dict[str, Any]:
    return {
        "Id": container["Id"],
        "Names": [container["Name"]],
        "Image": container["Config"]["Image"],
        "ImageID": container["Image"],
        "Labels": container["Config"]["Labels"],
        "State": "created",
        "Status": "Created",
        "HostConfig": {"NetworkMode": "default"},
        "NetworkSettings": {"Networks": {}},
        "Mounts": [],
    }


def _matches(container: dict[str, Any], query: dict[str, list[str]]) -> bool:
    """Whether a container has every label that the query's filters name."""
    filters = json.loads(query.get("filters", ["{}"])[0])
    labels = container["Config"]["Labels"]
    wanted = (item.partition("=") for item in filters.get("label", ()))
    return all(name in labels and value in ("", labels[name]) for name, _, value in wanted)
