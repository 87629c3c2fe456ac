"""Many clients on live streams of a running API, and what of it reached each of them.

    python packages/phlo-api/tests/load.py --project DIR --url http://127.0.0.1:4000 --token TOKEN --service web
        [--clients 200] [--seconds 120]

Half of the clients follow a run, whose events this program writes; the other half follow the output of `--service`,
which has to print lines that end with a number, one more each time. It fails when anybody misses a number.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx

RUN = "20990101-000000-000000"
EVENTS_A_SECOND = 10


async def main() -> int:
    options = _options()
    path = Path(options.project) / ".phlo" / "runs" / f"{RUN}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    limits = httpx.Limits(max_connections=options.clients + 10)
    headers = {"Authorization": f"Bearer {options.token}"}
    async with httpx.AsyncClient(base_url=options.url, headers=headers, limits=limits, timeout=60) as client:
        try:
            return await _load(client, path, options)
        finally:
            path.unlink(missing_ok=True)


async def _load(client: httpx.AsyncClient, path: Path, options: argparse.Namespace) -> int:
    _write(path, {"kind": "run_started", "message": "load"})
    stop = asyncio.Event()
    half = options.clients // 2
    logs = f"/api/v1/logs?service={options.service}&tail=1"
    readers = [
        *(asyncio.create_task(_read(client, f"/api/v1/runs/{RUN}/events", _event_number, stop)) for _ in range(half)),
        *(asyncio.create_task(_read(client, logs, _line_number, stop)) for _ in range(options.clients - half)),
    ]
    began = time.monotonic()
    written = 1
    while time.monotonic() - began < options.seconds:
        written += 1
        _write(path, {"kind": "step_progress", "step": "local/load/step", "message": f"at {written}"})
        await asyncio.sleep(1 / EVENTS_A_SECOND)
    written += 1
    _write(path, {"kind": "run_finished", "message": "ok", "seconds": 1.0})
    await asyncio.sleep(5)
    stop.set()
    found = await asyncio.gather(*readers)
    of_run, of_logs = found[:half], found[half:]
    wrong = [numbers for numbers in of_run if numbers != list(range(1, written + 1))]
    wrong += [numbers for numbers in of_logs if not numbers or numbers != list(range(numbers[0], numbers[-1] + 1))]
    sys.stdout.write(
        f"{options.clients} clients, {options.seconds} s: {written} events to each of {half}, "
        f"{min(map(len, of_logs))} to {max(map(len, of_logs))} lines to each of {len(of_logs)}; "
        f"{len(wrong)} clients missed something\n"
    )
    return 1 if wrong else 0


async def _read(
    client: httpx.AsyncClient, url: str, number: Callable[[str, str], int], stop: asyncio.Event
) -> list[int]:
    """The numbers that came, until the stream ends or it is told to stop."""
    found: list[int] = []

    async def listen() -> None:
        async with client.stream("GET", url) as answer:
            answer.raise_for_status()
            identity = ""
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    identity = line[4:]
                elif line == "event: end":
                    return
                elif line.startswith("data: {"):
                    found.append(number(identity, line[6:]))

    listening = asyncio.create_task(listen())
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if listening in done:
        stopping.cancel()
        listening.result()
    else:
        listening.cancel()
    return found


def _event_number(identity: str, data: str) -> int:
    return int(identity)


def _line_number(identity: str, data: str) -> int:
    return int(json.loads(data)["text"].split()[-1])


def _write(path: Path, event: dict[str, object]) -> None:
    with path.open("a") as file:
        file.write(json.dumps({"v": 1, "time": time.time(), "run": RUN, **event}) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("project", "url", "token", "service"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=120)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
