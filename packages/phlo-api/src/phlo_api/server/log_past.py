"""What containers have printed: the last lines, those since a position, and pages of earlier ones."""

from __future__ import annotations

import base64
import binascii
import heapq
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from phlo.bounded import text_lines
from phlo.errors import PhloError
from phlo.hosts.engine_reader import EngineReader
from phlo.hosts.live import LiveContainer
from phlo_api.server.log_lines import (
    MARGIN,
    MOST_LINE,
    Entries,
    Entry,
    Mask,
    Wanted,
    engine_time,
    nanoseconds_of,
    time_of,
)
from phlo_api.server.models import LogLine, LogPage
from phlo_api.server.problems import Refusal

MOST_TAIL = 5000
# What one request for the last lines may hold in memory, of all its containers.
MOST_TAIL_BYTES = 16_000_000
# How many lines of a container are looked at for a page of those that a filter lets through.
MOST_LOOKED_AT = 200_000
_FIRST_LOOK = 1000
_ENTRY = struct.Struct(">4sQB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A container whose output is wanted, and the engine that has it."""

    container: LiveContainer
    engine: EngineReader

    @property
    def key(self) -> str:
        return self.container.id[:8]


@dataclass(slots=True)
class Position:
    """How far a client has read: of each container the time of the last line, and its number among those of that time.

    As text it is the id of a server-sent event, so that a client goes on where it was, also after a restart.
    """

    read: dict[str, tuple[str, int]] = field(default_factory=dict)

    def takes(self, entry: Entry) -> bool:
        """Whether a line comes behind the position, which it then moves."""
        key, here = entry.container.id[:8], (entry.time, entry.nth)
        if here <= self.read.get(key, ("", 0)):
            return False
        self.read[key] = here
        return True

    def __str__(self) -> str:
        packed = b"".join(
            _ENTRY.pack(bytes.fromhex(key), nanoseconds_of(at), min(nth, 255)) for key, (at, nth) in self.read.items()
        )
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def position_of(text: str) -> Position:
    """The position that a text means. Raises a Refusal for any other text."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return Position({key.hex(): (time_of(at), nth) for key, at, nth in _ENTRY.iter_unpack(packed)})
    except (binascii.Error, struct.error, ValueError, OverflowError, OSError):
        raise Refusal(
            422, "Last-Event-ID is not a position of this stream", fix="Leave it out to begin anew."
        ) from None


def raw_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """The lines of a stream that comes in pieces, each cut where no more of it is shown."""
    return chain.from_iterable(text_lines(pieces, MOST_LINE + MARGIN))


def entries(
    target: Target, mask: Mask, *, tail: int | str = "all", since: str = "", engine: EngineReader | None = None
) -> Iterator[Entry]:
    """The lines there are, the oldest first; none of a container that has gone. since: that time included."""
    made = Entries(target.container, mask)
    query: dict[str, Any] = {"since": engine_time(since)} if since else {}
    try:
        pieces = (engine or target.engine).logs(target.container.id, tail=tail, timestamps=True, **query)
        for raw in raw_lines(pieces):
            yield made.entry(raw)
    except (PhloError, OSError):
        return


def entries_from(target: Target, at: str, mask: Mask, engine: EngineReader) -> Iterator[Entry]:
    """The lines from a time on. The engine reads few lines when the time is not long ago."""
    found = entries(target, mask, tail=MOST_TAIL, since=at, engine=engine)
    first = next(found, None)
    if first is None:
        return
    if first.time > at:  # there may be more lines between
        yield from entries(target, mask, since=at, engine=engine)
        return
    yield first
    yield from found


def last_lines(
    target: Target, count: int, wanted: Wanted, *, before: str = "", most_bytes: int = MOST_TAIL_BYTES
) -> Last:
    """The last `count` lines that are wanted, of those before a time; as many as `most_bytes` hold."""
    look = min(max(2 * count, 1) if before else max(count, 1), MOST_LOOKED_AT)
    while True:
        lines: deque[LogLine] = deque()
        newest: Entry | None = None
        size = looked_at = 0
        is_cut = False
        for entry in entries(target, wanted.mask, tail=look):
            looked_at += 1
            newest = entry
            if (before and entry.time >= before) or not count:
                continue
            line = wanted.line(entry)
            if line is None:
                continue
            lines.append(line)
            size += entry.size
            while len(lines) > count or size > most_bytes:
                is_cut = True
                size -= len(lines.popleft().text) + 200
        is_all = looked_at < look
        if is_all or is_cut or len(lines) >= count or look >= MOST_LOOKED_AT:
            return Last(lines=list(lines), newest=newest, has_more=not is_all or is_cut)
        look = min(max(look * 4, _FIRST_LOOK), MOST_LOOKED_AT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """newest: the last line of the container, wanted or not. has_more: there are, or may be, earlier lines."""

    lines: list[LogLine]
    newest: Entry | None
    has_more: bool


def page(targets: Sequence[Target], limit: int, wanted: Wanted, before: str) -> LogPage:
    """The last lines of all containers before a time, in the order in which they were printed."""
    share = MOST_TAIL_BYTES // max(1, len(targets))
    found = [last_lines(one, limit, wanted, before=before, most_bytes=share) for one in targets]
    every = sorted((line for one in found for line in one.lines), key=lambda line: line.time)
    # A page begins with all lines of its first time, so that the next one ends before it.
    first = every[-limit].time if len(every) > limit else ""
    # Of a container that has more lines than were read none is known before its first one.
    starts = [one.lines[0].time for one in found if one.has_more and one.lines]
    first = max([first, *starts])
    lines = [line for line in every if line.time >= first]
    has_more = len(lines) < len(every) or any(one.has_more for one in found)
    return LogPage(lines=lines, before=lines[0].time if lines and has_more else None)


class Reading:
    """Reads several containers from positions on, over connections of its own, a batch at a time."""

    def __init__(self, targets: Sequence[Target], start_of: Callable[[Target], str], mask: Mask) -> None:
        """start_of: the time from which a container is read; empty: its beginning."""
        opened = [one.engine.separate() for one in targets]
        self._engines = [engine for engine, _ in opened]
        self._ends = [end for _, end in opened]
        sources = []
        for target, engine in zip(targets, self._engines, strict=True):
            at = start_of(target)
            found = entries_from(target, at, mask, engine) if at else entries(target, mask, engine=engine)
            sources.append(found)
        self._merged = heapq.merge(*sources, key=lambda entry: entry.time)

    def batch(self, count: int) -> list[Entry]:
        """The next lines; empty at the end."""
        return list(islice(self._merged, count))

    def end(self) -> None:
        """May be called from another thread, to end a read that waits."""
        for end in self._ends:
            end()

    def close(self) -> None:
        for engine in self._engines:
            engine.close()
