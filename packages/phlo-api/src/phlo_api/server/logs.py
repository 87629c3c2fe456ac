"""What containers print, live, of many services at once and for many clients: a container is read once for all."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from phlo.errors import PhloError
from phlo.hosts.engine import EngineReader
from phlo.hosts.live import LiveContainer
from phlo_api.server.models import LogLine
from phlo_api.server.streams import HEARTBEAT, HEARTBEAT_SECONDS, message

MOST_TAIL = 5000
MOST_WAITING = 20_000
_MOST_LINE = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A container whose output is wanted, and the engine that has it."""

    container: LiveContainer
    engine: EngineReader


Mask = Callable[[str], str]


def tail(target: Target, lines: int, mask: Mask) -> list[LogLine]:
    """The last lines of a container."""
    pieces = target.engine.logs(target.container.id, tail=lines, timestamps=True) if lines else iter(())
    return [_line(target.container, raw, mask) for raw in _raw_lines(pieces)]


def merged(targets: Sequence[Target], lines: int, mask: Mask) -> list[LogLine]:
    """The last lines of each container, in the order in which they were printed."""
    found = [line for target in targets for line in tail(target, lines, mask)]
    return sorted(found, key=lambda line: line.time)


class LogStreams:
    """Follows containers: one thread for each that anybody listens to."""

    def __init__(self) -> None:
        self._followers: dict[str, _Follower] = {}

    async def follow(self, targets: Sequence[Target], *, lines: int, contains: str, mask: Mask) -> AsyncIterator[str]:
        """Server-sent events: the last `lines` of each container, then what comes; ends when all have ended.

        contains: only lines with this in them, whatever the case.
        """
        client = _Client(asyncio.get_running_loop())
        followers = [self._join(target, client, mask) for target in targets]
        try:
            # Following has begun, so that between the last lines and the first new one nothing is lost; what comes
            # twice is left out by its time.
            past = await asyncio.to_thread(merged, targets, lines, mask)
            newest: dict[str, str] = {}
            for line in past:
                newest[line.container] = line.time
                if _matches(line, contains):
                    yield _event(line)
            async for line in client.lines(len(followers)):
                if line is None:
                    yield HEARTBEAT
                elif line.time > newest.get(line.container, "") and _matches(line, contains):
                    yield _event(line)
            if client.lost:
                yield message("{}", kind="lost")
            yield message("{}", kind="end")
        finally:
            for follower in followers:
                self._leave(follower, client)

    def _join(self, target: Target, client: _Client, mask: Mask) -> _Follower:
        follower = self._followers.get(target.container.id)
        if follower is None or follower.is_over:
            follower = self._followers[target.container.id] = _Follower(target, mask)
        follower.add(client)
        return follower

    def _leave(self, follower: _Follower, client: _Client) -> None:
        if follower.remove(client) and self._followers.get(follower.container) is follower:
            del self._followers[follower.container]


class _Client:
    """One listener: what it has not taken yet. lost: it was so slow that there is no room for more."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.lost = False
        self._loop = loop
        self._queue: asyncio.Queue[LogLine | None] = asyncio.Queue()

    def give(self, lines: Iterable[LogLine | None]) -> None:
        """Called by followers' threads. None: one container has ended."""
        with contextlib.suppress(RuntimeError):  # the loop has ended, and this client with it
            self._loop.call_soon_threadsafe(self._take, list(lines))

    async def lines(self, containers: int) -> AsyncIterator[LogLine | None]:
        """Lines as they come, None for a while without any; ends once all containers have."""
        left = containers
        while left and not self.lost:
            try:
                line = await asyncio.wait_for(self._queue.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield None
                continue
            if line is None:
                left -= 1
            else:
                yield line

    def _take(self, lines: list[LogLine | None]) -> None:
        if self._queue.qsize() > MOST_WAITING:
            self.lost = True
            return
        for line in lines:
            self._queue.put_nowait(line)


class _Follower:
    """Reads one container's new output in a thread of its own, for all who listen."""

    def __init__(self, target: Target, mask: Mask) -> None:
        self.container = target.container.id
        self.is_over = False
        self._target = target
        self._mask = mask
        self._lock = threading.Lock()
        self._clients: set[_Client] = set()
        self._pieces = target.engine.logs(self.container, follow=True, tail=0, timestamps=True)
        threading.Thread(target=self._run, daemon=True, name=f"logs-{self.container[:12]}").start()

    def add(self, client: _Client) -> None:
        with self._lock:
            self._clients.add(client)
            if self.is_over:
                client.give([None])

    def remove(self, client: _Client) -> bool:
        """Gives whether nobody listens any more; then its thread ends with the next line, or the container."""
        with self._lock:
            self._clients.discard(client)
            return not self._clients

    def _run(self) -> None:
        try:
            for raw in _raw_lines(self._pieces):
                line = _line(self._target.container, raw, self._mask)
                with self._lock:
                    clients = tuple(self._clients)
                if not clients:
                    break
                for client in clients:
                    client.give([line])
        except (PhloError, OSError):
            pass  # the container or its engine has gone: that is the end of its output
        finally:
            with self._lock:
                self.is_over = True
                for client in self._clients:
                    client.give([None])


def _raw_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace").rstrip("\r")
    if rest:
        yield rest.decode(errors="replace")


def _line(container: LiveContainer, raw: str, mask: Mask) -> LogLine:
    """A line as the engine gives it with `timestamps`: the time, a space, the text."""
    at, space, text = raw.partition(" ")
    if not space and not at[:4].isdigit():
        at, text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), raw
    return LogLine(
        service=container.service,
        container=container.name,
        host=container.host,
        time=at,
        text=mask(text)[:_MOST_LINE],
    )


def _matches(line: LogLine, contains: str) -> bool:
    return contains.lower() in line.text.lower()


def _event(line: LogLine) -> str:
    return message(line.model_dump_json(), kind="line", number=f"{line.container}@{line.time}")
