"""Server-sent events (HTML Standard, section 9.2): the events of a run as they come."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any

from phlo_api.server.runs import Runs

MEDIA_TYPE = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
POLL_SECONDS = 0.2
# A comment now and then tells proxies, and a server whose client has gone, that the connection is used.
HEARTBEAT_SECONDS = 15.0
HEARTBEAT = ": still here\n\n"


def message(data: str, *, kind: str = "", number: str | int | None = None) -> str:
    """One event of a stream. data: without line ends."""
    head = f"id: {number}\n" if number is not None else ""
    name = f"event: {kind}\n" if kind else ""
    return f"{head}{name}data: {data}\n\n"


def as_data(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def while_valid(
    stream: AsyncGenerator[str, None], is_valid: Callable[[], Awaitable[bool]], every_seconds: float
) -> AsyncGenerator[str, None]:
    """A stream as long as `is_valid`, which is asked at this pace; then a last event called `revoked`."""
    end = asyncio.ensure_future(_until_not(is_valid, every_seconds))
    following: asyncio.Future[str] | None = None
    try:
        while True:
            following = asyncio.ensure_future(anext(stream))
            await asyncio.wait({following, end}, return_when=asyncio.FIRST_COMPLETED)
            if end.done():
                end.result()
                yield message("{}", kind="revoked")
                return
            try:
                text = following.result()
            except StopAsyncIteration:
                return
            yield text
    finally:
        await _cancelled(end, following)
        with contextlib.suppress(RuntimeError):  # it ends by itself, having been cancelled
            await stream.aclose()


async def _until_not(is_valid: Callable[[], Awaitable[bool]], every_seconds: float) -> None:
    while await is_valid():
        await asyncio.sleep(every_seconds)


async def _cancelled(*tasks: asyncio.Future[Any] | None) -> None:
    """Cancel what still runs, and wait for its end."""
    for task in tasks:
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration, Exception):
                await task


class RunStreams:
    """Hands the events of runs to any number of clients; a run is read once for all of them."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._tails: dict[str, _Tail] = {}

    async def follow(self, run: str, after: int) -> AsyncGenerator[str, None]:
        """The events from number `after` + 1 on, and then as they come; ends with the run.

        The last event is called `end`, so that a browser's EventSource knows not to come back.
        """
        tail = self._tails.get(run)
        if tail is None:
            tail = self._tails[run] = _Tail(self._runs, run)
        tail.clients += 1
        try:
            async for text in tail.read(after):
                yield text
        finally:
            tail.clients -= 1
            if not tail.clients:
                tail.stop()
                self._tails.pop(run, None)


class _Tail:
    """A run that is being read. clients: how many listen."""

    def __init__(self, runs: Runs, run: str) -> None:
        self.clients = 0
        self._runs = runs
        self._run = run
        self._lines: list[str] = []
        self._is_over = False
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._poll())

    def stop(self) -> None:
        self._task.cancel()

    async def read(self, after: int) -> AsyncIterator[str]:
        number = after
        while True:
            news, is_over = self._news, self._is_over
            for line in self._lines[number:]:
                number += 1
                yield message(line, number=number)
            if is_over:
                yield message("{}", kind="end", number=number)
                return
            try:
                await asyncio.wait_for(news.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                yield HEARTBEAT

    async def _poll(self) -> None:
        while not self._is_over:
            lines, is_over = await asyncio.to_thread(self._look, len(self._lines))
            if lines or is_over:
                self._lines += lines
                self._is_over = is_over
                # Who waits holds the old one; who comes later gets the new one.
                news, self._news = self._news, asyncio.Event()
                news.set()
            if not is_over:
                await asyncio.sleep(POLL_SECONDS)

    def _look(self, known: int) -> tuple[list[str], bool]:
        # Asked first: what a run writes before it is over is in the lines that are read afterwards.
        is_over = self._runs.is_over(self._run)
        return list(self._runs.lines(self._run)[known:]), is_over
