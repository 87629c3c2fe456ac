"""Images on their way from this machine to hosts, between engines that know of nothing but images."""

from __future__ import annotations

import json
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from phlo.errors import HostError, OperationError
from phlo.hosts.connect import open_engine
from phlo.hosts.host import Host
from phlo.image_source import ImageSource
from phlo.images.image_shipper import ImageShipper, ship
from phlo.size import size_text

NAME = "team/thing:1"
SOURCE = ImageSource(reference=NAME)
CONTENT = bytes(26 << 20)


class ImageEngine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """images: reference -> content. pullable: what a registry has. asked: `METHOD /path` of every request."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Handler)
        self.images: dict[str, bytes] = {}
        self.pullable: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.refuses_loads = False
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def pulls(self) -> int:
        return sum(line.startswith("POST /images/create") for line in self.asked)


class _Handler(BaseHTTPRequestHandler):
    server: ImageEngine
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def answer(self, body: bytes, status: int = 200, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def route(self) -> str:
        path = unquote(urlsplit(self.path).path)
        path = path[path.index("/", 1) :] if path.startswith("/v1.") else path
        self.server.asked.append(f"{self.command} {path}")
        return path

    def do_HEAD(self) -> None:
        self.route()
        self.answer(b"")

    def do_GET(self) -> None:
        path = self.route()
        if path in ("/info", "/images/json"):
            self.answer(b"{}" if path == "/info" else b"[]")
            return
        name, _, verb = path.removeprefix("/images/").rpartition("/")
        content = self.server.images.get(name)
        if content is None:
            self.answer(b'{"message": "no such image"}', 404)
        elif verb == "json":
            self.answer(json.dumps({"Id": f"sha256:{name}", "Config": {}}).encode())
        else:
            self.answer(content)

    def do_POST(self) -> None:
        path = self.route()
        if path == "/images/load":
            content = b"".join(self.chunks())
            if self.server.refuses_loads:
                self.answer(b'{"error": "no space left on device"}\n')
            else:
                self.server.images[NAME] = content
                self.answer(b'{"stream": "Loaded image"}\n')
            return
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if NAME in self.server.pullable:
            self.server.images[NAME] = self.server.pullable[NAME]
            self.answer(b'{"status": "done"}\n')
        else:
            self.answer(b'{"message": "manifest unknown"}', 404)

    def chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()


Make = Callable[..., tuple[ImageEngine, Host]]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes an engine, and the host that it is on."""
    made: list[tuple[ImageEngine, Host]] = []

    def run(name: str, **options: object) -> tuple[ImageEngine, Host]:
        engine = ImageEngine(tmp_path / f"{name}.sock")
        opened = open_engine(f"unix://{tmp_path}/{name}.sock", name=name, environ={})
        made.append((engine, Host(name=name, engine=opened, **options)))  # type: ignore[arg-type]
        return made[-1]

    yield run
    for engine, host in made:
        host.engine.close()
        engine.shutdown()
        engine.server_close()


def shipper_of(host: Host, opened: list[str] | None = None) -> ImageShipper:
    def open_host() -> Host:
        if opened is not None:
            opened.append(host.name)
        return host

    return ImageShipper(open_host, environ={})


def test_an_image_that_is_here_is_sent_as_it_is(make: Make) -> None:
    (here, origin), (there, host) = make("here"), make("there")
    here.images[NAME] = CONTENT
    shipper_of(origin).send(SOURCE, host)
    assert there.images[NAME] == CONTENT
    assert here.pulls() == 0


def test_one_that_is_not_here_is_pulled_here_once_for_all_hosts(make: Make) -> None:
    here, origin = make("here")
    here.pullable[NAME] = b"small"
    there = [make(f"there-{number}") for number in range(4)]
    shipper = shipper_of(origin)
    with ThreadPoolExecutor(max_workers=4) as threads:
        for sent in [threads.submit(shipper.send, SOURCE, host) for _, host in there]:
            sent.result()
    assert [engine.images for engine, _ in there] == [{NAME: b"small"}] * 4
    assert here.pulls() == 1


def test_services_of_one_host_that_need_the_same_image_get_it_once(make: Make) -> None:
    here, origin = make("here")
    here.images[NAME] = CONTENT
    engine, host = make("there")
    shipper = shipper_of(origin)
    with ThreadPoolExecutor(max_workers=4) as threads:
        for sent in [threads.submit(shipper.send, SOURCE, host) for _ in range(4)]:
            sent.result()
    assert engine.images == {NAME: CONTENT}
    assert engine.asked.count("POST /images/load") == 1


def test_whether_it_is_here_is_asked_once_and_not_before_somebody_wants_to_know(make: Make) -> None:
    here, origin = make("here")
    here.images[NAME] = b"small"
    opened: list[str] = []
    shipper = shipper_of(origin, opened)
    assert opened == []
    assert [shipper.has(SOURCE), shipper.has(SOURCE), shipper.has(ImageSource(reference="other:1"))] == [
        *(True, True),
        False,
    ]
    assert opened == ["here"]
    assert here.asked.count(f"GET /images/{NAME}/json") == 1


def test_what_was_made_for_one_host_is_here_for_the_next(make: Make) -> None:
    (here, origin), (_, host) = make("here"), make("there")
    here.pullable[NAME] = b"small"
    shipper = shipper_of(origin)
    assert not shipper.has(SOURCE)
    shipper.send(SOURCE, host)
    assert shipper.has(SOURCE)


def test_a_machine_without_an_engine_has_nothing_and_says_so_when_it_has_to_send(make: Make, tmp_path: Path) -> None:
    _, host = make("there")
    gone = Host(name="here", engine=open_engine(f"unix://{tmp_path}/gone.sock", name="here", environ={}))
    shipper = shipper_of(gone)
    assert not shipper.has(SOURCE)
    with pytest.raises(OperationError, match="this machine cannot send it: no Docker engine answers") as caught:
        shipper.send(SOURCE, host)
    assert not isinstance(caught.value, HostError)  # the host it was for is not lost
    assert caught.value.where == "there"


def test_an_image_that_cannot_be_had_here_is_an_error_of_that_host_alone(make: Make) -> None:
    (_, origin), (there, host) = make("here"), make("there")
    with pytest.raises(OperationError, match="its registry has no such image"):
        shipper_of(origin).send(SOURCE, host)
    assert there.images == {}


def test_a_host_that_cannot_take_it_says_why(make: Make) -> None:
    (here, origin), (there, host) = make("here"), make("there")
    here.images[NAME] = b"small"
    there.refuses_loads = True
    with pytest.raises(OperationError, match=f"{NAME} could not be loaded: no space left on device") as caught:
        ship(NAME, origin, host)
    assert caught.value.where == "there"


def test_sending_shows_how_much_is_sent_and_how_fast(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phlo.hosts.transfer.SECONDS_BETWEEN", 0.0)
    lines: list[str] = []
    (here, origin), (_, host) = make("here"), make("there", progress=lines.append)
    here.images[NAME] = CONTENT
    ship(NAME, origin, host)
    assert len(lines) > 1
    assert all(re.fullmatch(rf"sending {NAME}: \d[\d.]* [kM]?B, \d[\d.]* [kMG]?B/s", line) for line in lines)
    assert f"sending {NAME}: {size_text(len(CONTENT))}, " in lines[-1]


def test_sending_ends_when_the_user_asks_to_stop(make: Make) -> None:
    (here, origin), (there, host) = make("here"), make("there", is_cancelled=lambda: True)
    here.images[NAME] = CONTENT
    with pytest.raises(OperationError, match="was stopped"):
        ship(NAME, origin, host)
    assert there.images == {}
