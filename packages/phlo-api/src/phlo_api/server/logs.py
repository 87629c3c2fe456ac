"""What containers print, live, of many services at once and for many clients: a container is read once for all."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from phlo.bounded import text_lines
from phlo.errors import PhloError
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.live import LiveContainer
from phlo_api.server.models import LogLine
from phlo_api.server.streams import HEARTBEAT, HEARTBEAT_SECONDS, message

MOST_TAIL = 5000
CUT = " … (cut)"
MOST_LINE = 16_000
# What one request for the last lines may hold in memory, of all its containers.
MOST_TAIL_BYTES = 16_000_000
# What waits for one client that reads slowly; lines are shared by all clients.
MOST_WAITING_BYTES = 4_000_000
# How much more of a line is read than shown: a secret that the end of the line cuts in two is masked all the same.
_MARGIN = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A container whose output is wanted, and the engine that has it."""

    container: LiveContainer
    engine: EngineReader


Mask = Callable[[str], str]


def tail(target: Target, lines: int, mask: Mask, most_bytes: int = MOST_TAIL_BYTES) -> list[LogLine]:
    """The last lines of a container, as many of them as `most_bytes` hold."""
    pieces = target.engine.logs(target.container.id, tail=lines, timestamps=True) if lines else iter(())
    found: deque[str] = deque()
    size = 0
    for raw in raw_lines(pieces):
        found.append(raw)
        size += len(raw)
        while size > most_bytes:
            size -= len(found.popleft())
    return [_line(target.container, raw, mask) for raw in found]


def merged(targets: Sequence[Target], lines: int, mask: Mask) -> list[LogLine]:
    """The last lines of each container, in the order in which they were printed."""
    share = MOST_TAIL_BYTES // max(1, len(targets))
    found = [line for target in targets for line in tail(target, lines, mask, share)]
    return sorted(found, key=lambda line: line.time)


class LogStreams:
    """Follows containers: one thread for each that anybody listens to."""

    def __init__(self) -> None:
        self._followers: dict[str, _Follower] = {}

    async def follow(
        self, targets: Sequence[Target], *, lines: int, contains: str, mask: Mask
    ) -> AsyncGenerator[str, None]:
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
        if follower.remove(client):
            follower.end()
            if self._followers.get(follower.container) is follower:
                del self._followers[follower.container]


class _Client:
    """One listener: what it has not taken yet. lost: it was so slow that there is no room for more."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.lost = False
        self._loop = loop
        self._queue: asyncio.Queue[LogLine | None] = asyncio.Queue()
        self._waiting_bytes = 0

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
                self._waiting_bytes -= _size(line)
                yield line

    def _take(self, lines: list[LogLine | None]) -> None:
        for line in lines:
            if line is not None:
                if self._waiting_bytes > MOST_WAITING_BYTES:
                    self.lost = True
                    return
                self._waiting_bytes += _size(line)
            self._queue.put_nowait(line)


class _Follower:
    """Reads one container's new output in a thread of its own, for all who listen; ends when nobody does."""

    def __init__(self, target: Target, mask: Mask) -> None:
        self.container = target.container.id
        self.is_over = False
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
                client.give([None])

    def remove(self, client: _Client) -> bool:
        """Gives whether nobody listens any more."""
        with self._lock:
            self._clients.discard(client)
            return not self._clients

    def _run(self) -> None:
        try:
            for raw in raw_lines(self._engine.logs(self.container, follow=True, tail=0, timestamps=True)):
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
            self._engine.close()
            with self._lock:
                self.is_over = True
                for client in self._clients:
                    client.give([None])


def raw_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """The lines of a stream that comes in pieces, each cut where no more of it is shown."""
    return chain.from_iterable(text_lines(pieces, MOST_LINE + _MARGIN))


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
        text=_masked(text, mask),
    )


def _masked(text: str, mask: Mask) -> str:
    """The text without secrets, cut to MOST_LINE. A longer one may end in half a secret, so its end is left out."""
    found = mask(text)
    return found if len(text) <= MOST_LINE else found[: max(0, min(MOST_LINE, len(found) - _MARGIN // 2))] + CUT


def _size(line: LogLine) -> int:
    return len(line.text) + 200


def _matches(line: LogLine, contains: str) -> bool:
    return contains.lower() in line.text.lower()


def _event(line: LogLine) -> str:
    return message(line.model_dump_json(), kind="line", number=f"{line.container}@{line.time}")
