"""Clients that stay on live streams of phlo-api and keep the numbers of what came."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

# Later than any other, so that it is the one under way.
RUN = "20990101-000000-000000"
EVENTS_A_SECOND = 10
# How long what was written last may be on its way.
LAST_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """events: how many were written. of_run, of_logs: for each client the numbers of what came."""

    events: int
    of_run: Sequence[Sequence[int]]
    of_logs: Sequence[Sequence[int]]

    @property
    def lines(self) -> int:
        """The fewest that a client of the logs got."""
        return min(map(len, self.of_logs))

    @property
    def missed(self) -> int:
        """The clients that lack something, or got it twice or out of order."""
        every = list(range(1, self.events + 1))
        wrong = [numbers for numbers in self.of_run if list(numbers) != every]
        for numbers in self.of_logs:
            if not numbers or list(numbers) != list(range(numbers[0], numbers[-1] + 1)):
                wrong.append(numbers)
        return len(wrong)


async def listen(url: str, token: str, *, folder: Path, service: str, clients: int, seconds: float) -> Heard:
    """Half of the clients follow a run, whose events are written meanwhile; the others the output of a service.

    folder: of the project. service: prints lines that end with a number, one more each time.
    """
    path = folder / ".phlo" / "runs" / f"{RUN}.jsonl"
    limits = httpx.Limits(max_connections=clients)
    headers = {"Authorization": f"Bearer {token}"}
    half = clients // 2
    stop = asyncio.Event()
    _write(path, kind="run_started", message="load")
    try:
        async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=headers, limits=limits, timeout=60) as client:
            logs = f"/logs?service={service}&tail=1"
            of_run = [
                asyncio.create_task(_read(client, f"/runs/{RUN}/events", _event_number, stop)) for _ in range(half)
            ]
            of_logs = [asyncio.create_task(_read(client, logs, _line_number, stop)) for _ in range(clients - half)]
            events = await _tell(path, seconds)
            await asyncio.sleep(LAST_SECONDS)
            stop.set()
            return Heard(events=events, of_run=await asyncio.gather(*of_run), of_logs=await asyncio.gather(*of_logs))
    finally:
        path.unlink()


async def _tell(path: Path, seconds: float) -> int:
    """Write events for so long, and the end of the run; gives how many there are then."""
    began, written = time.monotonic(), 1
    while time.monotonic() - began < seconds:
        written += 1
        _write(path, kind="step_progress", step="local/load/step", message=f"at {written}")
        await asyncio.sleep(1 / EVENTS_A_SECOND)
    _write(path, kind="run_finished", message="ok", seconds=seconds)
    return written + 1


async def _read(
    client: httpx.AsyncClient, path: str, number: Callable[[str, str], int], stop: asyncio.Event
) -> list[int]:
    """The numbers that came, until the stream ends or it is stopped."""
    found: list[int] = []

    async def follow() -> None:
        async with client.stream("GET", path) as answer:
            answer.raise_for_status()
            identity = ""
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    identity = line[4:]
                elif line == "event: end":
                    return
                elif line.startswith("data: {") and line != "data: {}":
                    found.append(number(identity, line[6:]))

    following, stopping = asyncio.create_task(follow()), asyncio.create_task(stop.wait())
    done, waiting = await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    if following in done:
        following.result()
    return found


def _event_number(identity: str, data: str) -> int:
    return int(identity)


def _line_number(identity: str, data: str) -> int:
    return int(json.loads(data)["text"].split()[-1])


def _write(path: Path, **event: object) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"v": 1, "time": time.time(), "run": RUN, **event}) + "\n")
