"""Clients that are slow, silent or many, over real sockets."""

from __future__ import annotations

import json
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
from phlo_api.server import slow_clients
from serving import VIEWER, Served, make_project, served, settings_of

COPY = Path(__file__).parents[2] / "phlo-duckdb/src/phlo_duckdb/image/app/phlo_duckdb_app/slow_clients.py"
HEAD = f"Host: x\r\nAuthorization: Bearer {VIEWER}\r\n"
RUN = "20260131-120000-000000"


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server whose limits are short."""
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "UNREAD_SECONDS"):
        monkeypatch.setattr(slow_clients, name, 1.0)
    monkeypatch.setattr(slow_clients, "MOST_CONNECTIONS", 50)
    with served(settings_of(make_project(tmp_path))) as one:
        yield one


def connect(api: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", api.port), timeout=30)


def is_closed(channel: socket.socket, trickle: bytes = b"") -> bool:
    """Whether the server closes the connection although a byte is sent now and then."""
    channel.settimeout(0.2)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if trickle:
                channel.send(trickle)
            if not channel.recv(65536):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


@pytest.mark.parametrize(
    ("first", "trickle"),
    [
        (b"", b""),
        (b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"a"),
        (b"GET /heal", b""),
        (f"POST /api/v1/actions/up HTTP/1.1\r\n{HEAD}Content-Length: 1000\r\n\r\n".encode(), b" "),
        (f"POST /api/v1/actions/up HTTP/1.1\r\n{HEAD}Content-Length: 1000\r\n\r\n{{".encode(), b""),
        (b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /heal", b"t"),
        (b"nonsense\r\n\r\n", b""),
    ],
    ids=["silent", "slow head", "half a line", "slow body", "half a body", "slow second head", "no HTTP"],
)
def test_a_client_that_does_not_finish_its_request_is_dropped(api: Served, first: bytes, trickle: bytes) -> None:
    with closing(connect(api)) as channel:
        channel.sendall(first)
        assert is_closed(channel, trickle)


def test_a_client_that_reads_nothing_is_dropped_and_its_stream_ends(api: Served, tmp_path: Path) -> None:
    line = {"v": 2, "time": 1.0, "run": RUN, "kind": "note", "message": "x" * 100_000}
    (tmp_path / ".phlo" / "runs" / f"{RUN}.jsonl").write_text((json.dumps(line) + "\n") * 200)
    streams = api.server.config.app.state.context.requests
    with closing(socket.socket()) as channel:
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        channel.connect(("127.0.0.1", api.port))
        channel.sendall(f"GET /api/v1/runs/{RUN}/events HTTP/1.1\r\n{HEAD}\r\n".encode())
        wait_until(lambda: streams.streams == 1)
        wait_until(lambda: streams.streams == 0)
        wait_until(lambda: not api.server.server_state.connections)


def test_a_head_without_an_end_is_refused_before_it_fills_the_memory(api: Served) -> None:
    with closing(connect(api)) as channel:
        channel.sendall(b"GET / HTTP/1.1\r\nX: ")
        assert is_closed(channel, b"a" * 65536)


def test_a_body_without_a_length_or_of_too_many_bytes_is_not_read(api: Served) -> None:
    url = f"{api.url}/actions/up"
    headers = {"Authorization": f"Bearer {VIEWER}"}
    assert httpx.post(url, content=iter([b"x" * 65536] * 4), headers=headers, timeout=60).status_code == 413
    assert httpx.post(url, content=b"x" * 1_000_001, headers=headers, timeout=60).status_code == 413


def test_a_flood_of_connections_is_bounded_and_passes(api: Served) -> None:
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(closing(connect(api)))
        wait_until(lambda: len(api.server.server_state.connections) <= 50)
        url = api.url.removesuffix("/api/v1") + "/health"
        wait_until(lambda: answers(url))  # the silent ones are dropped, and there is room again


def test_a_flood_costs_no_files_and_threads_that_stay(api: Served) -> None:
    before = threading.active_count()
    for _ in range(20):
        with ExitStack() as stack:
            for _ in range(40):
                channel = stack.enter_context(closing(connect(api)))
                channel.sendall(b"GET /health HTTP/1.1\r\n")
    wait_until(lambda: not api.server.server_state.connections)
    assert threading.active_count() <= before + 2
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > slow_clients.MOST_CONNECTIONS


def test_packages_that_serve_with_uvicorn_have_the_same_limits() -> None:
    assert COPY.read_text() == Path(slow_clients.__file__).read_text()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=30).status_code == 200
    except httpx.TransportError:
        return False


def wait_until(is_so: object) -> None:
    deadline = time.monotonic() + 60
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < deadline, "connections are still open, or it does not answer"
        time.sleep(0.05)
