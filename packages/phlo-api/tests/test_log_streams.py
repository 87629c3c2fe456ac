"""Logs of real containers: nothing is lost and nothing comes twice, whenever a client leaves and comes back."""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import AsyncGenerator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from phlo_api.server.log_lines import Entries, Wanted, moment, pattern_of
from phlo_api.server.log_past import Target, page, position_of
from phlo_api.server.logs import Asked, LogStreams, _Client

from phlo.hosts.connect import open_engine
from phlo.hosts.engine import Engine
from phlo.hosts.live import LiveContainer
from phlo.testing.images import tiny_image

pytestmark = pytest.mark.integration
LINES = 3000
COUNT = "i=0; while [ $i -lt {lines} ]; do i=$((i+1)); echo line $i; done"
DEADLINE_SECONDS = 60


@dataclass
class Containers:
    """Containers of one test. states: what the API would say of each now."""

    engine: Engine
    made: list[str] = field(default_factory=list)

    def start(self, script: str, service: str = "web") -> Target:
        name = f"api-logs-{uuid.uuid4().hex[:8]}"
        body = {"Image": tiny_image(self.engine), "Cmd": ["sh", "-c", script], "HostConfig": {"Init": True}}
        made = self.engine.post("/containers/create", body, name=name)["Id"]
        self.made.append(made)
        self.engine.post(f"/containers/{made}/start")
        return self.target(made, name, service)

    def target(self, made: str, name: str, service: str) -> Target:
        state = self.engine.get(f"/containers/{made}/json")["State"]["Status"]
        live = LiveContainer(
            id=made, name=name, host="local", service=service, instance=1, state=state, health=None, exit_code=None,
            since="", image="",
        )  # fmt: skip
        return Target(container=live, engine=self.engine.reader())

    def now(self, target: Target) -> Target:
        return self.target(target.container.id, target.container.name, target.container.service)


@pytest.fixture
def containers() -> Iterator[Containers]:
    with closing(open_engine(None, name="local", environ=os.environ)) as engine:
        made = Containers(engine)
        yield made
        for one in made.made:
            engine.delete(f"/containers/{one}", force=True)


@dataclass
class Seen:
    """What a client was sent. number: the last id. end: the last event's data."""

    texts: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    number: str = ""
    end: Any = None

    def take(self, event: str) -> None:
        fields = dict(line.split(": ", 1) for line in event.strip().splitlines() if not line.startswith(":"))
        self.number = fields.get("id", self.number)
        if not fields:
            return
        self.kinds.append(fields["event"])
        if fields["event"] == "line":
            self.texts.append(json.loads(fields["data"])["text"])
        if fields["event"] == "end":
            self.end = json.loads(fields["data"])["reason"]


def listen(
    streams: LogStreams,
    containers: Containers,
    targets: list[Target],
    seen: Seen,
    *,
    most: int | None = None,
    **asked: Any,
) -> None:
    """Read events until the end, or until `most` lines have come."""

    async def now() -> list[Target]:
        return [containers.now(one) for one in targets]

    async def read() -> None:
        wanted = asked.pop("wanted", Wanted(mask=str))
        position = position_of(seen.number) if seen.number else None
        stream: AsyncGenerator[str, None] = streams.stream(
            now, Asked(wanted=wanted, position=position, **{"tail": 5000, **asked})
        )
        before = len(seen.texts)
        try:
            async for event in stream:
                seen.take(event)
                if most is not None and len(seen.texts) - before >= most:
                    return
        finally:
            await stream.aclose()

    asyncio.run(asyncio.wait_for(read(), DEADLINE_SECONDS))


def numbered(*, first: int = 1, last: int = LINES) -> list[str]:
    return [f"line {number}" for number in range(first, last + 1)]


def test_who_leaves_again_and_again_gets_every_line_once_also_from_another_server(containers: Containers) -> None:
    target = containers.start(COUNT.format(lines=LINES))
    seen = Seen()
    for most in (1, 2, 700, 1, 300, 50):
        listen(LogStreams(), containers, [target], seen, most=most)
    listen(LogStreams(), containers, [target], seen)
    assert seen.texts == numbered()
    assert seen.end == "stopped"


def test_clients_that_come_while_lines_are_printed_get_every_line_once(containers: Containers) -> None:
    target = containers.start(COUNT.format(lines=LINES))
    streams = LogStreams()

    async def now() -> list[Target]:
        return [containers.now(target)]

    async def one(delay: int) -> list[str]:
        for _ in range(delay):
            await asyncio.sleep(0)
        seen = Seen()
        async for event in streams.stream(now, Asked(wanted=Wanted(mask=str), tail=5000)):
            seen.take(event)
        return seen.texts

    async def all_of_them() -> list[list[str]]:
        return await asyncio.wait_for(asyncio.gather(*(one(index * 40) for index in range(8))), DEADLINE_SECONDS)

    assert asyncio.run(all_of_them()) == [numbered()] * 8


def test_several_services_are_one_stream_that_goes_on_where_it_was(containers: Containers) -> None:
    targets = [containers.start(COUNT.format(lines=400), name) for name in ("web", "db")]
    seen = Seen()
    listen(LogStreams(), containers, targets, seen, most=150)
    listen(LogStreams(), containers, targets, seen)
    assert sorted(seen.texts) == sorted(numbered(last=400) * 2)


def test_a_container_that_is_made_anew_joins_the_stream(containers: Containers) -> None:
    first = containers.start("echo old; read x", "web")
    other = containers.start("echo other; exec sleep 600", "db")
    targets = [first, other]
    while len(page(targets, 10, Wanted(mask=str), "").lines) < 2:
        pass
    engine = containers.engine
    seen = Seen()

    async def now() -> list[Target]:
        return [containers.now(one) for one in targets]

    async def read() -> None:
        stream: AsyncGenerator[str, None] = LogStreams().stream(now, Asked(wanted=Wanted(mask=str), tail=10))
        async for event in stream:
            seen.take(event)
            if seen.kinds[-1:] == ["ready"]:
                targets[0] = await asyncio.to_thread(containers.start, "echo new; exec sleep 600", "web")
                await asyncio.to_thread(engine.delete, f"/containers/{first.container.id}", force=True)
                containers.made.remove(first.container.id)
                targets[0] = containers.now(targets[0])
            if "new" in seen.texts:
                break
        await stream.aclose()

    asyncio.run(asyncio.wait_for(read(), DEADLINE_SECONDS))
    assert sorted(seen.texts) == ["new", "old", "other"]


def test_pages_go_back_to_the_first_line(containers: Containers) -> None:
    targets = [containers.start(COUNT.format(lines=900), name) for name in ("web", "db")]
    for target in targets:
        containers.engine.post(f"/containers/{target.container.id}/wait")
    every: list[tuple[str, str]] = []
    before: str | None = ""
    while before is not None:
        found = page(targets, 128, Wanted(mask=str), before)
        every = [(line.service, line.text) for line in found.lines] + every
        before = found.before
    for service in ("web", "db"):
        assert [text for name, text in every if name == service] == numbered(last=900)


def test_pages_and_streams_find_lines_far_back(containers: Containers) -> None:
    target = containers.start("echo ERROR first; " + COUNT.format(lines=4000))
    containers.engine.post(f"/containers/{target.container.id}/wait")
    wanted = Wanted(mask=str, levels=["error"])
    assert [line.text for line in page([target], 10, wanted, "").lines] == ["ERROR first"]
    seen = Seen()
    listen(LogStreams(), containers, [target], seen, wanted=wanted, tail=10, follows=False)
    assert (seen.texts, seen.end) == (["ERROR first"], "complete")
    found = Seen()
    listen(
        LogStreams(),
        containers,
        [target],
        found,
        wanted=Wanted(mask=str, pattern=pattern_of(r"\b39\d\d$")),
        tail=3,
        follows=False,
    )
    assert found.texts == numbered(first=3997, last=3999)


def test_since_and_until_limit_a_stream_which_then_ends(containers: Containers) -> None:
    target = containers.start(COUNT.format(lines=60) + "; exec sleep 600")
    lines: list[Any] = []
    while len(lines) < 60:
        lines = page([target], 100, Wanted(mask=str), "").lines
    wanted = Wanted(mask=str, since=lines[9].time, until=moment(lines[49].time, "until"))
    seen = Seen()
    listen(LogStreams(), containers, [target], seen, wanted=wanted)
    assert seen.texts == numbered(first=10, last=50)
    assert seen.end == "until"


def test_a_client_that_does_not_read_is_told_to_come_back_and_misses_nothing(containers: Containers) -> None:
    async def filled() -> _Client:
        client = _Client(asyncio.get_running_loop())
        entries = Entries(LiveContainer(
            id="a" * 64, name="a", host="h", service="s", instance=1, state="running", health=None, exit_code=None,
            since="", image="",
        ), str)  # fmt: skip
        for number in range(2000):
            client.give([entries.entry(f"2026-01-31T12:00:00.{number:09d}Z " + "x" * 8000)])
        await asyncio.sleep(0)
        return client

    client = asyncio.run(filled())
    assert client.is_behind
    assert client._queue.qsize() * 8000 < 5_000_000
