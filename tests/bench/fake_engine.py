"""Many Docker engines in one process, as far as phlo's requests go: nothing runs, everything is remembered.

    python -I -S fake_engine.py FOLDER COUNT LATENCY_SECONDS [IMAGE...]

Listens at FOLDER/1.sock to FOLDER/COUNT.sock, each an engine of its own that has the images, and answers every request
LATENCY_SECONDS after it came. Prints `ready` once all listen, and ends with its standard input. It speaks as much of
the Engine API (1.41) as an `up` of plain services needs; whatever else is asked is answered with 501, so that nobody
takes silence for success. Answers are put together when something is written, and only looked up when it is read:
what this process uses of the machine, phlo cannot have.
"""

from __future__ import annotations

import asyncio
import datetime
import email.utils
import hashlib
import json
import os
import resource
import sys
import urllib.parse
from typing import Any

ANSWER = (
    b"HTTP/1.1 %d -\r\nApi-Version: 1.41\r\nDate: %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
)
EMPTY_CONFIG: dict[str, Any] = {"Env": None, "Cmd": ["run"], "Entrypoint": None, "Labels": None, "WorkingDir": ""}


class Container:
    """A container as the engine would tell of it."""

    def __init__(self, identity: str, name: str, body: dict[str, Any], image: str) -> None:
        self.identity, self.name, self.image = identity, name, image
        self.host_config = {"NetworkMode": "default", **(body.pop("HostConfig", None) or {})}
        attached = (body.pop("NetworkingConfig", None) or {}).get("EndpointsConfig") or {}
        self.networks = {network: {**endpoint, "NetworkID": ""} for network, endpoint in attached.items()}
        self.config = {**EMPTY_CONFIG, **body}
        self.created = now()
        self.status, self.code, self.started = "created", 0, "0001-01-01T00:00:00Z"
        self.tell()

    def tell(self) -> None:
        """Put the answers together: the long one of `inspect` and the short one of the list."""
        state = {
            "Status": self.status,
            "Running": self.status == "running",
            "ExitCode": self.code,
            "StartedAt": self.started,
        }
        self.inspected = dumped(
            {
                "Id": self.identity,
                "Name": f"/{self.name}",
                "Created": self.created,
                "Image": self.image,
                "State": state,
                "RestartCount": 0,
                "Config": self.config,
                "HostConfig": self.host_config,
                "NetworkSettings": {"Networks": self.networks},
                "Mounts": [],
            }
        )
        self.listed = dumped(
            {
                "Id": self.identity,
                "Names": [f"/{self.name}"],
                "Image": self.config.get("Image", ""),
                "ImageID": self.image,
                "Labels": self.config.get("Labels") or {},
                "State": self.status,
                "Status": self.status,
                "Created": 0,
            }
        )


class Fake:
    """One engine: containers by name and id, networks, volumes and images by name."""

    def __init__(self, number: int, images: list[str]) -> None:
        self.number = number
        self.count = 0
        self.containers: dict[str, Container] = {}
        self.by_id: dict[str, Container] = {}
        self.networks: dict[str, bytes] = {}
        self.volumes: dict[str, bytes] = {}
        self.images = {name: self.image(name) for name in images}

    def image(self, name: str) -> bytes:
        identity = f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
        return dumped(
            {
                "Id": identity,
                "RepoTags": [name],
                "Config": EMPTY_CONFIG,
                "Os": "linux",
                "Architecture": "amd64",
            }
        )

    def identity(self) -> str:
        self.count += 1
        return hashlib.sha256(f"{self.number} {self.count}".encode()).hexdigest()

    def answer(self, method: str, path: str, query: str, body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer to a request."""
        _, kind, *rest = path.split("/")
        handle = getattr(self, f"{method.lower()}_{kind}", None)
        found = handle(rest, query, body) if handle else None
        return found if found is not None else (501, message(f"the fake engine does not know {method} {path}"))

    # -- reading ---------------------------------------------------------------------------------

    def head__ping(self, rest: list[str], query: str, body: bytes) -> tuple[int, bytes]:
        return 200, b""

    def get_version(self, rest: list[str], query: str, body: bytes) -> tuple[int, bytes]:
        return 200, dumped({"Version": "20.10.24", "ApiVersion": "1.41", "Os": "linux", "Arch": "amd64"})

    def get_info(self, rest: list[str], query: str, body: bytes) -> tuple[int, bytes]:
        told = {"DockerRootDir": "/", "SystemTime": now(), "Swarm": {"LocalNodeState": "inactive"}}
        return 200, dumped(told)

    def get_containers(self, rest: list[str], query: str, body: bytes) -> tuple[int, bytes] | None:
        if rest == ["json"]:
            labels = filters_of(query).get("label", [])
            return 200, listing([one.listed for one in self.containers.values() if carries(one, labels)])
        if len(rest) == 2 and rest[1] == "json":
            found = self.find(rest[0])
            return (200, found.inspected) if found else no_container(rest[0])
        return None

    def get_images(self, rest: list[str], query: str, body: bytes) -> tuple[int, bytes]:
        if rest == ["json"]:
            wanted = filters_of(query).get("reference", [])
            return 200, listing([text for name, text in self.images.items() if name in wanted])
        name = "/".join(rest[:-1])
        found = self.images.get(name)
        return (200, found) if found else (404, message(f"No such image: {name}"))

    def get_networks(self, rest: list[str], query: str, body: bytes) -> tuple[int, bytes]:
        names = filters_of(query).get("name")
        found = [text for name, text in self.networks.items() if names is None or name in names]
        return 200, listing(found)

    def get_volumes(self, rest: list[str], query: str, body: bytes) -> tuple[int, bytes]:
        if rest:
            found = self.volumes.get(rest[0])
            return (200, found) if found else (404, message(f"get {rest[0]}: no such volume"))
        return 200, b'{"Volumes": %b, "Warnings": null}' % listing(list(self.volumes.values()))

    # -- writing ---------------------------------------------------------------------------------

    def post_containers(self, rest: list[str], query: str, body: bytes) -> tuple[int, bytes] | None:
        if rest == ["create"]:
            return self.create(urllib.parse.parse_qs(query)["name"][0], json.loads(body))
        found = self.find(rest[0])
        if found is None:
            return no_container(rest[0])
        verb = rest[1]
        if verb in ("start", "restart"):
            found.status, found.started = "running", now()
        elif verb == "stop":
            found.status = "exited"
        elif verb == "rename":
            del self.containers[found.name]
            found.name = urllib.parse.parse_qs(query)["name"][0]
            self.containers[found.name] = found
        else:
            return None
        found.tell()
        return 204, b""

    def create(self, name: str, body: dict[str, Any]) -> tuple[int, bytes]:
        if name in self.containers:
            return 409, message(f'The container name "/{name}" is already in use')
        image = self.images.get(body["Image"])
        if image is None:
            return 404, message(f"No such image: {body['Image']}")
        made = Container(self.identity(), name, body, json.loads(image)["Id"])
        for network, endpoint in made.networks.items():
            if network in self.networks:
                endpoint["NetworkID"] = json.loads(self.networks[network])["Id"]
        made.tell()
        self.containers[name] = self.by_id[made.identity] = made
        return 201, dumped({"Id": made.identity, "Warnings": []})

    def delete_containers(self, rest: list[str], query: str, body: bytes) -> tuple[int, bytes]:
        found = self.find(rest[0])
        if found is None:
            return no_container(rest[0])
        del self.containers[found.name], self.by_id[found.identity]
        return 204, b""

    def post_networks(self, rest: list[str], query: str, body: bytes) -> tuple[int, bytes] | None:
        if rest != ["create"]:
            return None
        asked = json.loads(body)
        made = {"Driver": "bridge", "Internal": False, "Attachable": False, "EnableIPv6": False, "Options": {}}
        made |= {**asked, "Id": self.identity(), "IPAM": {"Driver": "default", "Config": []}}
        self.networks[asked["Name"]] = dumped(made)
        return 201, dumped({"Id": made["Id"]})

    def delete_networks(self, rest: list[str], query: str, body: bytes) -> tuple[int, bytes]:
        return (204, b"") if self.networks.pop(rest[0], None) else (404, message("no such network"))

    def post_volumes(self, rest: list[str], query: str, body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        made = {"Driver": "local", "Options": None, "Scope": "local", "CreatedAt": now(), **asked}
        self.volumes[asked["Name"]] = dumped(made)
        return 201, self.volumes[asked["Name"]]

    def delete_volumes(self, rest: list[str], query: str, body: bytes) -> tuple[int, bytes]:
        return (204, b"") if self.volumes.pop(rest[0], None) else (404, message("no such volume"))

    def post_images(self, rest: list[str], query: str, body: bytes) -> tuple[int, bytes] | None:
        """The one image that phlo loads by itself: that of its lock."""
        if rest != ["load"]:
            return None
        self.images["phlo/lock:1"] = self.image("phlo/lock:1")
        return 200, dumped({"stream": "Loaded image: phlo/lock:1\n"})

    def find(self, key: str) -> Container | None:
        return self.containers.get(key) or self.by_id.get(key)


class Connection(asyncio.Protocol):
    """Requests of one client, answered one after the other, each after the latency."""

    def __init__(self, fake: Fake, latency_seconds: float) -> None:
        self.fake, self.latency_seconds = fake, latency_seconds
        self.loop = asyncio.get_running_loop()
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while self.take_request():
            pass

    def take_request(self) -> bool:
        """Answer the next request, when all of it is there."""
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        first, _, fields = head.partition(b"\r\n")
        size = 0
        if b"ontent-" in fields:
            for line in fields.split(b"\r\n"):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    size = int(value)
        if len(rest) < size:
            return False
        self.buffer = rest[size:]
        method, url, protocol = first.decode().split(" ")
        path, _, query = url.partition("?")
        if path.startswith("/v1."):
            path = path[path.index("/", 1) :]
        status, body = self.fake.answer(method, urllib.parse.unquote(path), query, rest[:size])
        whole = ANSWER % (status, DATE.now(), len(body), body)
        self.loop.call_later(self.latency_seconds, self.reply, whole, protocol == "HTTP/1.0")
        return True

    def reply(self, whole: bytes, is_last: bool) -> None:
        if not self.transport.is_closing():
            self.transport.write(whole)
            if is_last:
                self.transport.close()


class Date:
    """The moment, in the form of an HTTP header, made once a second."""

    def __init__(self) -> None:
        self._second, self._text = 0, b""

    def now(self) -> bytes:
        second = int(asyncio.get_running_loop().time())
        if second != self._second:
            self._second, self._text = second, email.utils.formatdate(usegmt=True).encode()
        return self._text


DATE = Date()


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def listing(parts: list[bytes]) -> bytes:
    return b"[" + b",".join(parts) + b"]"


def message(text: str) -> bytes:
    return dumped({"message": text})


def no_container(name: str) -> tuple[int, bytes]:
    return 404, message(f"No such container: {name}")


def filters_of(query: str) -> dict[str, list[str]]:
    """What a list is asked to be narrowed to; all that is there, without."""
    given = urllib.parse.parse_qs(query).get("filters")
    found: dict[str, list[str]] = json.loads(given[0]) if given else {}
    return found


def carries(container: Container, labels: list[str]) -> bool:
    there = container.config.get("Labels") or {}
    pairs = (label.partition("=") for label in labels)
    return all(name in there and (not equals or there[name] == value) for name, equals, value in pairs)


def now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


async def serve(folder: str, count: int, latency_seconds: float, images: list[str]) -> None:
    loop = asyncio.get_running_loop()
    for number in range(1, count + 1):
        fake = Fake(number, images)
        path = os.path.join(folder, f"{number}.sock")
        await loop.create_unix_server(lambda fake=fake: Connection(fake, latency_seconds), path, backlog=256)  # type: ignore[misc]
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
