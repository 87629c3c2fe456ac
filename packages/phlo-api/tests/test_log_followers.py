"""Following the output of containers takes no thread, connection or memory that stays."""

from __future__ import annotations

import asyncio
import os
import threading
import time
import uuid
from collections.abc import AsyncGenerator, Iterator
from contextlib import closing

import pytest
from phlo_api.server.log_lines import MOST_LINE, Wanted
from phlo_api.server.log_past import MOST_TAIL_BYTES, Target, last_lines, raw_lines
from phlo_api.server.logs import Asked, LogStreams

from phlo.hosts.connect import open_engine
from phlo.hosts.engine import Engine
from phlo.hosts.live import LiveContainer
from phlo.testing.images import tiny_image


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with closing(open_engine(None, name="local", environ=os.environ)) as engine:
        yield engine


def started(engine: Engine, *command: str) -> Target:
    name = f"follow-{uuid.uuid4().hex[:8]}"
    body = {"Image": tiny_image(engine), "Cmd": list(command), "HostConfig": {"Init": True}}
    made = engine.post("/containers/create", body, name=name)["Id"]
    engine.post(f"/containers/{made}/start")
    live = LiveContainer(
        id=made, name=name, host="local", service="silent", instance=1, state="running", health=None, exit_code=None,
        since="", image="",
    )  # fmt: skip
    return Target(container=live, engine=engine.reader())


@pytest.fixture
def silent(engine: Engine) -> Iterator[Target]:
    """A container that prints nothing after its first line."""
    target = started(engine, "sh", "-c", "echo first; exec sleep 600")
    while not list(target.engine.logs(target.container.id)):
        time.sleep(0.01)
    yield target
    engine.delete(f"/containers/{target.container.id}", force=True)


def followers() -> int:
    return sum(thread.name.startswith("logs-") for thread in threading.enumerate())


def sockets() -> int:
    links = (os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd"))
    return sum(os.readlink(link).startswith("socket:") for link in links if os.path.lexists(link))


@pytest.mark.integration
def test_who_leaves_a_silent_container_leaves_no_thread_and_no_connection(silent: Target) -> None:
    streams = LogStreams()

    async def listen() -> None:
        async def targets() -> list[Target]:
            return [silent]

        stream: AsyncGenerator[str, None] = streams.stream(targets, Asked(wanted=Wanted(mask=str), tail=1))
        # With the first line, the thread that reads the last lines has ended, and its connection can be used again.
        assert "first" in await anext(stream)
        assert "event: ready" in await anext(stream)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)  # it waits for the next line now
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await stream.aclose()
        deadline = time.monotonic() + 60
        while followers():
            assert time.monotonic() < deadline, f"{followers()} threads still follow"
            await asyncio.sleep(0.01)

    async def listen_often() -> None:
        for _ in range(20):
            await listen()

    before = sockets()
    asyncio.run(listen_often())
    # The last lines are read over the connection that the fixture left idle; a follower closes its own.
    assert sockets() == before


@pytest.mark.integration
def test_the_last_lines_of_a_container_that_prints_much_fit_into_bounded_memory(engine: Engine) -> None:
    target = started(engine, "sh", "-c", "head -c 40000000 /dev/zero | tr '\\0' x; echo; echo the end")
    try:
        engine.post(f"/containers/{target.container.id}/wait")
        found = last_lines(target, 5000, Wanted(mask=str), most_bytes=200_000).lines
    finally:
        engine.delete(f"/containers/{target.container.id}", force=True)
    assert found[-1].text == "the end"
    assert sum(len(line.text) for line in found) <= 200_000


def test_an_endless_line_is_cut_in_time_proportional_to_its_length() -> None:
    began = time.process_time()
    (line,) = raw_lines([b"x" * 65536] * 1000)
    assert len(line) < 2 * MOST_LINE
    assert time.process_time() - began < 5
    assert MOST_TAIL_BYTES < 100_000_000
