"""The Python client, against a server that listens: what it gives, what it raises, and how it follows streams."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from phlo_api import client as client_module
from phlo_api.client import ApiError, Client, TokenEndedError
from serving import OPERATOR, VIEWER, make_project, project_on_engine, served, settings_of, until

WEB = """
    web:
      type: inline
      image: IMAGE
      command: [sh, -c, "echo hello; sleep 600"]
      init: true
"""


@contextmanager
def answering(*bodies: str) -> Iterator[tuple[str, list[str | None]]]:
    """A server that ends each connection after one of these bodies, and its list of the Last-Event-IDs it got."""
    asked: list[str | None] = []
    left = iter(bodies)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Last-Event-ID"])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(next(left, "").encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "FIRST_PAUSE_SECONDS", 0)


def test_errors_of_the_api_have_its_text_its_fix_and_its_status(tmp_path: Path) -> None:
    with served(settings_of(make_project(tmp_path))) as api:
        url = f"http://127.0.0.1:{api.port}"
        with Client(url, VIEWER) as phlo:
            assert phlo.project()["name"] == "lake"
            assert "phlo-api" in [service["name"] for service in phlo.services()]
            assert phlo.runs() == []
            with pytest.raises(ApiError, match="wev") as unknown:
                phlo.service("wev")
            assert (unknown.value.status, unknown.value.problem["status"]) == (404, 404)
            with pytest.raises(ApiError, match="operator"):
                phlo.cancel("20261201-000000-000001")
        with Client(url, "not-a-token") as stranger, pytest.raises(ApiError) as refused:
            stranger.project()
        assert refused.value.status == 401


def test_a_name_cannot_leave_its_part_of_the_path(tmp_path: Path) -> None:
    with served(settings_of(make_project(tmp_path))) as api, Client(f"http://127.0.0.1:{api.port}", VIEWER) as phlo:
        for name in ("../project", "a/b", "?x", "#"):
            with pytest.raises(ApiError) as refused:
                phlo.service(name)
            assert refused.value.status in (404, 422), name


def test_a_stream_that_breaks_goes_on_behind_its_last_event() -> None:
    events = [f"id: {number}\ndata: {json.dumps({'number': number})}\n\n" for number in (1, 2, 3)]
    first, second = events[0] + events[1] + "id: 3\nda", events[2] + "event: end\ndata: {}\n\n"
    with answering(": still here\n\n" + first, second) as (url, asked), Client(url, VIEWER) as phlo:
        assert [event["number"] for event in phlo.events("run")] == [1, 2, 3]
        assert asked == [None, "2"]


def test_a_stream_whose_token_ended_is_not_asked_for_again() -> None:
    with answering("event: revoked\ndata: {}\n\n") as (url, asked), Client(url, VIEWER) as phlo:
        with pytest.raises(TokenEndedError):
            next(phlo.changes())
        assert len(asked) == 1


def test_an_api_that_stays_away_is_given_up() -> None:
    with answering() as (url, asked), Client(url, VIEWER) as phlo:
        with pytest.raises(httpx.ReadError, match="again and again"):
            next(phlo.changes())
        assert len(asked) == client_module.MOST_RECONNECTS + 1
    with Client(url, VIEWER) as phlo, pytest.raises(httpx.ConnectError):
        next(phlo.changes())


@pytest.mark.integration
def test_a_program_brings_a_service_up_follows_it_and_stops_it(tmp_path: Path) -> None:
    with (
        project_on_engine(tmp_path, WEB) as settings,
        served(settings) as api,
        Client(f"http://127.0.0.1:{api.port}", OPERATOR) as phlo,
    ):
        plan = phlo.plan()
        assert plan["has_changes"]
        done = phlo.wait(phlo.up(plan["digest"]))
        assert done["result"] == "changed"
        assert not phlo.plan()["has_changes"]
        until(lambda: [line["text"] for line in phlo.logs("web", follow=False)] == ["hello"], "web prints its line")
        assert next(phlo.changes()).kind == "snapshot"
        with pytest.raises(ApiError) as moved:
            phlo.up("0" * 32)
        assert moved.value.status == 409
        phlo.wait(phlo.stop(["web"]))
        assert phlo.service("web")["status"] == "stopped"
