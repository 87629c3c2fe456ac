"""Live events reach every client, whole and in order, from a server that really listens."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from phlo_api.server.app import create_app
from phlo_api.server.settings import Settings

from phlo.events_json import event_from_json

TOKEN = "viewer-" + "v" * 40
RUN = "20260131-120000-000000"
CLIENTS = 40
STEP = {"step": "local/a/container", "host": "local", "service": "a", "operation": "container", "name": "container"}
EVENTS = 120


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".phlo" / "runs").mkdir(parents=True)
    (tmp_path / "phlo.yaml").write_text("name: lake\nservices: {defaults: false}\n")
    return tmp_path


@pytest.fixture
def address(root: Path) -> Iterator[str]:
    """A server of the project on a free port."""
    settings = Settings(
        root=root,
        state_folder=root / ".phlo" / "api",
        environ={"DOCKER_HOST": f"unix://{root}/no.sock"},
        tokens={"viewer": TOKEN},
    )
    config = uvicorn.Config(
        create_app(settings), host="127.0.0.1", port=0, log_level="error", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < deadline, "the server does not listen"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/api/v1"
    server.should_exit = True
    thread.join()


def write(root: Path, **event: object) -> None:
    data = {"v": 2, "time": time.time(), "run": RUN, **event}
    event_from_json(data)  # a record's line that is no event would be left out
    line = json.dumps(data)
    with (root / ".phlo" / "runs" / f"{RUN}.jsonl").open("a") as file:
        file.write(line + "\n")


async def numbers(client: httpx.AsyncClient, most: int | None = None, after: int = 0) -> list[int]:
    """The numbers of the events that come; `most`: hang up after so many."""
    found: list[int] = []
    headers = {"Last-Event-ID": str(after)} if after else {}
    async with client.stream("GET", f"/runs/{RUN}/events", headers=headers) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line == "event: end":
                return found[:-1]
            if line.startswith("id: "):
                found.append(int(line[4:]))
            if most is not None and len(found) == most:
                return found
    return found


def test_every_client_gets_every_event_of_a_run_and_one_that_comes_back_goes_on(address: str, root: Path) -> None:
    write(root, kind="run_started", title="up")

    async def watch() -> tuple[list[list[int]], list[int]]:
        limits = httpx.Limits(max_connections=CLIENTS + 2)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=120, limits=limits) as client:
            reading = [asyncio.create_task(numbers(client)) for _ in range(CLIENTS)]
            first = asyncio.create_task(numbers(client, most=10))
            for index in range(EVENTS):
                await asyncio.to_thread(write, root, kind="step_progress", **STEP, message=f"at {index}")
                await asyncio.sleep(0)
            left = await first
            again = asyncio.create_task(numbers(client, after=left[-1]))
            await asyncio.to_thread(write, root, kind="run_finished", result="ok", seconds=1.0)
            return list(await asyncio.gather(*reading)), left + await again

    every, in_two = asyncio.run(watch())
    wanted = list(range(1, EVENTS + 3))
    assert every == [wanted] * CLIENTS
    assert in_two == wanted


def test_a_run_that_has_ended_is_told_at_once_and_a_half_written_line_is_left_out(address: str, root: Path) -> None:
    write(root, kind="run_started", title="up")
    write(root, kind="run_finished", result="ok", seconds=1.0)
    with (root / ".phlo" / "runs" / f"{RUN}.jsonl").open("a") as file:
        file.write('{"v":2,"kind":"no')
    headers = {"Authorization": f"Bearer {TOKEN}"}
    text = httpx.get(f"{address}/runs/{RUN}/events", headers=headers, timeout=60).text
    assert text.count('data: {"v"') == 2
    assert text.endswith("event: end\ndata: {}\n\n")


@pytest.mark.parametrize("run", ["..%2f..%2fsecrets", "20260131-120000-999999", "a" * 300])
def test_a_run_that_is_not_there_is_a_404(address: str, run: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert httpx.get(f"{address}/runs/{run}/events", headers=headers, timeout=60).status_code == 404
