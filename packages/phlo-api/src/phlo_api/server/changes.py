"""The stream of changes, for any number of clients: one look at the project serves all of them."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Callable
from itertools import islice

from phlo_api.server.change_models import Changes
from phlo_api.server.streams import HEARTBEAT, HEARTBEAT_SECONDS, message
from phlo_api.server.watch import changes_between

LOOK_SECONDS = 1.0
# So many events are kept for clients that come back; who was away for longer gets a snapshot.
MOST_KEPT = 1000
_log = logging.getLogger("phlo_api.changes")


class ChangeStream:
    """look: gives how everything is now; called from a thread, and only while somebody listens."""

    def __init__(self, look: Callable[[], Changes], every_seconds: float = LOOK_SECONDS) -> None:
        self._look = look
        self._every_seconds = every_seconds
        self._epoch = secrets.token_hex(4)
        self._now: Changes | None = None
        self._events: deque[str] = deque(maxlen=MOST_KEPT)
        self._number = 0  # that of the newest event
        self._clients = 0
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    async def follow(self, last_event_id: str | None) -> AsyncGenerator[str, None]:
        """The changes behind an event, or a snapshot when they are not known, and what changes from then on."""
        self._clients += 1
        if self._task is None:
            self._task = asyncio.create_task(self._watch())
        try:
            number = self._known(last_event_id)
            while True:
                news = self._news
                if self._now is not None:
                    if number is None or self._number - number > len(self._events):
                        number = self._number
                        yield message(self._now.model_dump_json(), kind="snapshot", number=self._id(number))
                    for text in list(islice(self._events, len(self._events) - (self._number - number), None)):
                        number += 1
                        yield text
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await news.wait()
                except TimeoutError:
                    yield HEARTBEAT
        finally:
            self._clients -= 1
            if not self._clients and self._task is not None:
                self._task.cancel()
                self._task = None

    async def once(self) -> AsyncGenerator[str, None]:
        """A snapshot, and the end."""
        yield message((await asyncio.to_thread(self._look)).model_dump_json(), kind="snapshot")
        yield message("{}", kind="end")

    def _known(self, last_event_id: str | None) -> int | None:
        """The number of an event of this stream; None for an id of another server, or of none."""
        epoch, _, number = (last_event_id or "").partition("-")
        if epoch != self._epoch or not (number.isascii() and number.isdigit() and len(number) < 16):
            return None
        return int(number) if int(number) <= self._number else None

    def _id(self, number: int) -> str:
        return f"{self._epoch}-{number}"

    async def _watch(self) -> None:
        while True:
            try:
                self._take(await asyncio.to_thread(self._look))
            except Exception:  # whatever it is, the next look may succeed, and clients would wait for ever
                _log.exception("the project could not be looked at")
            await asyncio.sleep(self._every_seconds)

    def _take(self, now: Changes) -> None:
        before, self._now = self._now, now
        if before is not None:
            for kind, data in changes_between(before, now):
                self._number += 1
                self._events.append(message(data.model_dump_json(), kind=kind, number=self._id(self._number)))
        if before != now:
            # Who waits holds the old one; who comes later gets the new one.
            news, self._news = self._news, asyncio.Event()
            news.set()
