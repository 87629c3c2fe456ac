"""The server of SQL drops clients that are slow, and refuses bodies that are too large; over real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from phlo_duckdb_app import serving, slow_clients


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "UNREAD_SECONDS"):
        monkeypatch.setattr(slow_clients, name, 0.5)
    app = FastAPI()

    @app.post("/query")
    async def query(request: Request) -> dict[str, int]:
        return {"size": len(await request.body())}

    made = serving.server(app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=made.run)
    thread.start()
    deadline = time.monotonic() + 30
    while not made.started:
        assert time.monotonic() < deadline, "the server does not listen"
        time.sleep(0.01)
    yield made.servers[0].sockets[0].getsockname()[1]
    made.should_exit = True
    thread.join()


@pytest.mark.parametrize(
    "first",
    [b"", b"POST /query HTTP/1.1\r\nHost: x", b"POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"],
    ids=["silent", "half a head", "half a body"],
)
def test_a_client_that_does_not_finish_its_request_is_dropped(port: int, first: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as channel:
        channel.sendall(first)
        try:
            assert channel.recv(65536) == b""
        except ConnectionResetError:
            pass


def test_a_body_is_read_up_to_its_limit_with_and_without_a_length(port: int) -> None:
    url = f"http://127.0.0.1:{port}/query"

    def pieces(count: int) -> Iterator[bytes]:
        yield from (b"x" * 50_000 for _ in range(count))

    fitting: Any = pieces(20)
    assert httpx.post(url, content=fitting, timeout=30).json() == {"size": 1_000_000}
    assert httpx.post(url, content=pieces(21), timeout=30).status_code == 413
    assert httpx.post(url, content=b"x" * 1_000_001, timeout=30).status_code == 413
