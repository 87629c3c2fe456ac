"""Tags of a registry: listed page by page, with the login that it asks for, and compared as versions."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from phlo.errors import OperationError
from phlo.image_source import ImageRegistry
from phlo.images.tags import list_tags, newest_tag
from phlo.values import Secret


@pytest.mark.parametrize(
    ("tag", "known", "newest"),
    [
        ("17.4", ["17.2", "17.10", "17.5", "latest"], "17.10"),
        ("17.4-alpine", ["17.10", "17.9-alpine", "17.10-alpine3.20", "18-alpine"], "17.9-alpine"),
        ("v1.10.0", ["1.11.0", "v1.9.9", "v1.10.1"], "v1.10.1"),
        ("17", ["17.5", "16"], None),
        ("1.2.0", ["1.3.0-rc.1", "1.2.0"], None),
        ("latest", ["1", "2"], None),
        ("", ["1"], None),
    ],
)
def test_a_newer_tag_has_the_same_form(tag: str, known: list[str], newest: str | None) -> None:
    assert newest_tag(tag, known) == newest


class Registry(ThreadingHTTPServer):
    """A registry that gives two tags a page, and a token to whoever has the password."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"127.0.0.1:{self.server_address[1]}"
        self.tags = ["1.0", "1.1", "1.2"]
        self.asked: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Registry

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        given = self.headers.get("Authorization", "")
        if parts.path == "/token":
            login = base64.b64encode(b"ci:sesame-open").decode()
            self.answer(200 if given == f"Basic {login}" else 401, {"token": f"for {query['scope'][0]}"})
        elif given != "Bearer for repository:team/thing:pull":
            challenge = f'Bearer realm="http://{self.server.address}/token",service="r",scope="other"'
            self.answer(401, {}, **{"WWW-Authenticate": challenge})
        elif "last" in query:
            self.answer(200, {"tags": self.server.tags[2:]})
        else:
            following = '</v2/team/thing/tags/list?last=1.1&n=2>; rel="next"'
            self.answer(200, {"tags": self.server.tags[:2]}, Link=following)

    def answer(self, status: int, value: object, **headers: str) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_all_pages_are_read_with_a_token(registry: Registry) -> None:
    named = ImageRegistry(prefix=f"{registry.address}/team", username="ci", password=Secret("sesame-open"))
    assert list_tags(f"{registry.address}/team/thing:1.0", [named]) == ["1.0", "1.1", "1.2"]
    assert registry.asked[-1].endswith("?last=1.1&n=2")


def test_a_refused_login_is_an_error_without_the_password(registry: Registry) -> None:
    named = ImageRegistry(prefix=f"{registry.address}/team", username="ci", password=Secret("wrong"))
    with pytest.raises(OperationError, match="cannot be listed") as caught:
        list_tags(f"{registry.address}/team/thing:1.0", [named])
    assert "wrong" not in str(caught.value).replace("WRONG_VERSION", "").replace("wrong version", "")


def test_a_registry_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(OperationError, match=r"the tags of 127.0.0.1:1/thing cannot be listed \(.*refused"):
        list_tags("127.0.0.1:1/thing:1")
