"""Several questions over one connection, and an engine that does not hold it to its end."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from phlo.errors import EngineError, HostError
from phlo.hosts.connect import open_engine
from phlo.hosts.engine import Engine
from phlo.hosts.engine_reader import AT_ONCE, EngineReader
from phlo.hosts.snapshot import Snapshot

PATHS = ["/a", "/b", "/c"]
PONG = b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 0\r\n\r\n"
Replies = Callable[[int, str], bytes | None]


def said(body: str, *, status: int = 200, closes: bool = False) -> bytes:
    close = "Connection: close\r\n" if closes else ""
    return f"HTTP/1.1 {status} -\r\n{close}Content-Length: {len(body)}\r\n\r\n{body}".encode()


class Listener:
    """An engine that answers each connection as a test says. connections: the requests that came over each."""

    def __init__(self, path: Path, replies: Replies) -> None:
        self.connections: list[list[str]] = []
        self._replies = replies
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                channel, _ = self._server.accept()
            except OSError:
                return
            self.connections.append([])
            self._serve(channel, len(self.connections) - 1)

    def _serve(self, channel: socket.socket, number: int) -> None:
        with channel, channel.makefile("rb") as lines:
            while line := lines.readline():
                while lines.readline() not in (b"\r\n", b""):
                    pass
                path = line.split()[1].decode().removeprefix("/v1.41")
                self.connections[number].append(path)
                reply = PONG if path == "/_ping" else self._replies(number, path)
                if reply is None:
                    return
                channel.sendall(reply)
                if b"Connection: close" in reply:
                    return

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Callable[[Replies], tuple[Listener, EngineReader]]]:
    made: list[Listener] = []

    def start(replies: Replies) -> tuple[Listener, EngineReader]:
        path = tmp_path / "engine.sock"
        made.append(Listener(path, replies))
        reader = open_engine(f"unix://{path}", name="far", environ={"PHLO_ENGINE_TIMEOUT": "0.3"})
        assert reader.api == (1, 41)
        return made[-1], reader

    yield start
    for listener in made:
        listener.close()


Listen = Callable[[Replies], tuple[Listener, EngineReader]]


def test_all_are_asked_over_the_connection_that_is_there(listen: Listen) -> None:
    engine, reader = listen(lambda number, path: said(f'"{path}"'))
    assert reader.get_each(PATHS) == PATHS
    assert engine.connections == [["/_ping", *PATHS]]
    assert reader.get("/d") == "/d"
    assert engine.connections == [["/_ping", *PATHS, "/d"]]


def test_what_is_refused_is_told_in_its_place(listen: Listen) -> None:
    refusal = said('{"message": "no such thing"}', status=404)
    _, reader = listen(lambda number, path: refusal if path == "/b" else said(f'"{path}"'))
    first, second, third = reader.get_each(PATHS)
    assert (first, third) == ("/a", "/c")
    assert isinstance(second, EngineError)
    assert (second.status, second.message) == (404, "no such thing")


@pytest.mark.parametrize("last", ["/a", "/b", "/c"])
def test_when_the_engine_closes_there_are_as_many_answers_as_came(last: str, listen: Listen) -> None:
    engine, reader = listen(lambda number, path: said(f'"{path}"', closes=path == last))
    assert reader.get_each(PATHS) == PATHS[: PATHS.index(last) + 1]
    assert len(engine.connections) == 1
    assert reader.get("/d") == "/d"
    assert engine.connections[1] == ["/d"]


def test_when_the_connection_breaks_there_are_as_many_answers_as_came(listen: Listen) -> None:
    engine, reader = listen(lambda number, path: None if number == 0 and path == "/b" else said(f'"{path}"'))
    assert reader.get_each(PATHS) == ["/a"]
    assert reader.get("/b") == "/b"
    assert engine.connections == [["/_ping", "/a", "/b"], ["/b"]]


@pytest.mark.parametrize("breaks", [False, True])
def test_a_snapshot_has_the_answers_of_an_engine_that_closes_after_each(breaks: bool, listen: Listen) -> None:
    def reply(number: int, path: str) -> bytes | None:
        if breaks and number == 0:
            return None
        name = path.split("/")[2]
        return said(json.dumps({"Id": name * 64, "Name": f"/{name}"}), closes=True)

    engine, reader = listen(reply)
    snapshot = Snapshot(reader, expected=("x", "y", "z"))
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda name=name: found.append(snapshot.get(f"/containers/{name}/json")["Name"]))
        for name in ("x", "y", "z") * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(found) == sorted(["/x", "/y", "/z"] * 3)
    asked = [path for over in engine.connections[1:] for path in over]
    assert sorted(asked) == sorted(set(asked))  # each but the first once, by itself


def test_an_engine_that_falls_silent_is_given_up_at_once(listen: Listen) -> None:
    silence = threading.Event()

    def reply(number: int, path: str) -> bytes | None:
        return said('"/a"') if path == "/a" else (silence.wait(10), None)[1]

    engine, reader = listen(reply)
    with pytest.raises(HostError, match=r"did not answer GET /b within 0.3 s"):
        reader.get_each(PATHS)
    silence.set()
    assert len(engine.connections) == 1


def test_very_many_do_not_all_go_at_once(listen: Listen) -> None:
    many = [f"/{number}" for number in range(AT_ONCE + 3)]
    engine, reader = listen(lambda number, path: said(f'"{path}"'))
    assert reader.get_each(many) == many[:AT_ONCE]
    assert engine.connections == [["/_ping", *many[:AT_ONCE]]]


def test_nothing_is_asked_for_nothing(listen: Listen) -> None:
    engine, reader = listen(lambda number, path: None)
    assert reader.get_each([]) == []
    assert engine.connections == [["/_ping"]]


def test_requests_are_shown_without_the_query_of_those_that_write(
    listen: Callable[[Replies], tuple[Listener, EngineReader]],
) -> None:
    _, reader = listen(lambda _, path: said("{}", status=404 if path == "/c" else 200))
    engine = cast(Engine, reader)
    lines: list[str] = []
    engine.show_requests(lines.append)
    engine.guarded(lambda: None).get("/a", all=True)
    engine.get_each(["/b", "/c"])
    engine.post("/build", buildargs={"TOKEN": "hunter22"})
    assert [line.partition(" in ")[0] for line in lines] == [
        "GET /v1.41/a?all=1: 200",
        "GET /v1.41/b: 200",
        "GET /v1.41/c: 404",
        "POST /v1.41/build: 200",
    ]
