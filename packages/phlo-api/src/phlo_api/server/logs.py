"""What containers print, live, of many services at once and for many clients: a container is followed once for all."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from phlo.errors import PhloError
from phlo_api.server.log_lines import Entries, Entry, Mask, Wanted, engine_time, nanoseconds_of
from phlo_api.server.log_past import (
    MOST_TAIL,
    MOST_TAIL_BYTES,
    Position,
    Reading,
    Target,
    entries,
    last_lines,
    raw_lines,
)
from phlo_api.server.models import LogEnd, LogLine
from phlo_api.server.streams import HEARTBEAT, HEARTBEAT_SECONDS, message

# What waits for one client that reads slowly; lines are shared by all clients.
MOST_WAITING_BYTES = 4_000_000
BATCH = 500
# How often a stream looks for containers that were made or started since.
LOOK_SECONDS = 5.0
READY_SECONDS = 30.0
_NEVER_FOLLOWED = ("exited", "dead", "created")
Reason = Literal["complete", "stopped", "until", "behind"]
Targets = Callable[[], Awaitable[Sequence[Target]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a client asks for: the last `tail` lines of each container, or all that come behind `position`, or since a
    time; then, with `follows`, what comes."""

    wanted: Wanted
    tail: int
    position: Position | None = None
    follows: bool = True


class LogStreams:
    """Follows containers: one thread for each that anybody listens to."""

    def __init__(self) -> None:
        self._followers: dict[str, _Follower] = {}

    async def stream(self, targets_now: Targets, asked: Asked) -> AsyncGenerator[str, None]:
        """Server-sent events: `line`s with their positions; `ready` once all lines there were are sent; `position` when
        only lines that were not wanted have come; the last one is `end`, with its reason."""
        client = _Client(asyncio.get_running_loop())
        session = _Session(self, client, asked)
        try:
            targets = await targets_now()
            if asked.follows:
                session.join(targets)
            async for text in session.past(targets):
                yield text
            yield message("{}", kind="ready", number=str(session.position))
            if not asked.follows:
                yield _end("complete")
                return
            async for text in session.live(targets_now):
                yield text
        finally:
            session.leave()

    def join(self, target: Target, client: _Client, mask: Mask) -> _Follower:
        follower = self._followers.get(target.container.id)
        if follower is None or follower.is_over:
            follower = self._followers[target.container.id] = _Follower(target, mask)
        follower.add(client)
        return follower

    def leave(self, follower: _Follower, client: _Client) -> None:
        if follower.remove(client):
            follower.end()
            if self._followers.get(follower.container) is follower:
                del self._followers[follower.container]


class _Session:
    """One client's stream: its position, and the followers it listens to."""

    def __init__(self, streams: LogStreams, client: _Client, asked: Asked) -> None:
        self.position = asked.position or Position()
        self._streams = streams
        self._client = client
        self._asked = asked
        self._followers: dict[str, _Follower] = {}
        self._is_quiet = True  # no line was left out since the last event with a position

    def join(self, targets: Sequence[Target]) -> list[Target]:
        """Follow the containers that run and are not followed yet; gives these."""
        fresh = []
        for target in targets:
            known = self._followers.get(target.container.id)
            if target.container.state in _NEVER_FOLLOWED or (known is not None and not known.is_over):
                continue
            if known is not None:
                self._streams.leave(known, self._client)
            self._followers[target.container.id] = self._streams.join(target, self._client, self._asked.wanted.mask)
            fresh.append(target)
        return fresh

    def leave(self) -> None:
        for follower in self._followers.values():
            self._streams.leave(follower, self._client)

    async def past(self, targets: Sequence[Target]) -> AsyncIterator[str]:
        """What was printed until now. Following has begun before, so that nothing is lost in between."""
        await self._followers_ready()
        asked = self._asked
        if asked.position is not None or asked.wanted.since:
            async for text in self._since(targets, asked.wanted.since):
                yield text
            return
        share = MOST_TAIL_BYTES // max(1, len(targets))
        lines: list[tuple[str, LogLine]] = []
        newest = Position()
        for target in targets:
            found = await asyncio.to_thread(last_lines, target, asked.tail, asked.wanted, most_bytes=share)
            lines += [(target.key, line) for line in found.lines]
            if found.newest is not None:
                newest.takes(found.newest)
                start = (found.lines[0].time, 0) if found.lines else newest.read[target.key]
                self.position.read[target.key] = start
        for key, line in sorted(lines, key=lambda one: one[1].time):
            self.position.read[key] = line.time, 1
            yield _line(line, self.position)
        self.position = newest

    async def live(self, targets_now: Targets) -> AsyncIterator[str]:
        """What is printed from now on, also by containers that are made meanwhile."""
        looked = heard = time.monotonic()
        until = self._asked.wanted.until
        while True:
            entry = await self._client.take(LOOK_SECONDS)
            now = time.monotonic()
            if self._client.is_behind:
                yield _end("behind")
                return
            if isinstance(entry, Entry) and (text := self._taken(entry)):
                heard = now
                yield text
            if until and time.time_ns() > nanoseconds_of(until):
                yield _end("until")
                return
            if entry is _OVER or now - looked >= LOOK_SECONDS:
                looked = now
                fresh = self.join(await targets_now())
                await self._followers_ready()
                async for text in self._since(fresh, ""):
                    heard = now
                    yield text
                if all(one.is_over for one in self._followers.values()):
                    yield _end("stopped")
                    return
            if now - heard >= HEARTBEAT_SECONDS:
                heard = now
                yield HEARTBEAT if self._is_quiet else message("{}", kind="position", number=str(self.position))
                self._is_quiet = True

    async def _since(self, targets: Sequence[Target], since: str) -> AsyncIterator[str]:
        """The lines behind the position, in the order in which they were printed."""
        if not targets:
            return
        reading = Reading(
            targets, lambda target: self.position.read.get(target.key, (since, 0))[0], self._asked.wanted.mask
        )
        try:
            while batch := await asyncio.to_thread(reading.batch, BATCH):
                for entry in batch:
                    if text := self._taken(entry):
                        yield text
        finally:
            reading.end()
        reading.close()

    def _taken(self, entry: Entry) -> str | None:
        """The event of a line, when it is a new one that is wanted."""
        if not self.position.takes(entry):
            return None
        line = self._asked.wanted.line(entry)
        self._is_quiet = line is not None
        return _line(line, self.position) if line is not None else None

    async def _followers_ready(self) -> None:
        for follower in [*self._followers.values()]:
            await asyncio.to_thread(follower.ready.wait, READY_SECONDS)


class _Over:
    """One container has ended."""


_OVER = _Over()


class _Client:
    """One listener: what it has not taken yet. is_behind: it was so slow that there is no room for more."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.is_behind = False
        self._loop = loop
        self._queue: asyncio.Queue[Entry | _Over] = asyncio.Queue()
        self._waiting_bytes = 0

    def give(self, items: Iterable[Entry | _Over]) -> None:
        """Called by followers' threads."""
        with contextlib.suppress(RuntimeError):  # the loop has ended, and this client with it
            self._loop.call_soon_threadsafe(self._take, list(items))

    async def take(self, seconds: float) -> Entry | _Over | None:
        """The next item; None when none comes for so long."""
        try:
            async with asyncio.timeout(seconds):  # wait_for loses a cancellation that comes with an item
                item = await self._queue.get()
        except TimeoutError:
            return None
        if isinstance(item, Entry):
            self._waiting_bytes -= item.size
        return item

    def _take(self, items: list[Entry | _Over]) -> None:
        for item in items:
            if isinstance(item, Entry):
                if self._waiting_bytes > MOST_WAITING_BYTES:
                    self.is_behind = True
                if self.is_behind:
                    continue
                self._waiting_bytes += item.size
            self._queue.put_nowait(item)


class _Follower:
    """Reads one container's new output in a thread of its own, for all who listen; ends when nobody does.

    ready: once it is certain that every line which is printed from now on will come.
    """

    def __init__(self, target: Target, mask: Mask) -> None:
        self.container = target.container.id
        self.is_over = False
        self.ready = threading.Event()
        self._target = target
        self._mask = mask
        self._lock = threading.Lock()
        self._clients: set[_Client] = set()
        self._engine, self.end = target.engine.separate()
        threading.Thread(target=self._run, daemon=True, name=f"logs-{self.container[:12]}").start()

    def add(self, client: _Client) -> None:
        with self._lock:
            self._clients.add(client)
            if self.is_over:
                client.give([_OVER])

    def remove(self, client: _Client) -> bool:
        """Gives whether nobody listens any more."""
        with self._lock:
            self._clients.discard(client)
            return not self._clients

    def _run(self) -> None:
        try:
            for entry in self._entries():
                with self._lock:
                    clients = tuple(self._clients)
                if not clients:
                    break
                for client in clients:
                    client.give([entry])
        except (PhloError, OSError):
            pass  # the container or its engine has gone: that is the end of its output
        finally:
            self.ready.set()
            self._engine.close()
            with self._lock:
                self.is_over = True
                for client in self._clients:
                    client.give([_OVER])

    def _entries(self) -> Iterator[Entry]:
        """The last line that there is now, and all that come behind it; clients leave out what they have."""
        newest = ""
        for entry in entries(self._target, self._mask, tail=1, engine=self._engine):
            newest = entry.time
        self.ready.set()
        found = self._followed(newest, MOST_TAIL if newest else "all")
        for number, entry in enumerate(found):
            if number == 0 and entry.time > newest and newest:  # more was printed since than was read
                yield from self._followed(newest, "all")
                return
            yield entry

    def _followed(self, since: str, tail: int | str) -> Iterator[Entry]:
        made = Entries(self._target.container, self._mask)
        query: dict[str, Any] = {"since": engine_time(since)} if since else {}
        pieces = self._engine.logs(self.container, follow=True, tail=tail, timestamps=True, **query)
        for raw in raw_lines(pieces):
            yield made.entry(raw)


def _line(line: LogLine, position: Position) -> str:
    return message(line.model_dump_json(), kind="line", number=str(position))


def _end(reason: Reason) -> str:
    return message(LogEnd(reason=reason).model_dump_json(), kind="end")
