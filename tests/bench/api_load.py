"""phlo-api with many clients on its live streams: whether each gets everything, and what that costs the server."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.engine import BenchError
from tests.bench.stream_clients import listen
from tests.bench.tools.tool import Tool
from tests.bench.tools.yaml_text import yaml_text
from tests.bench.workload import IMAGE, LABEL_PROJECT, LABEL_SERVICE, PREFIX

CLIENTS = (50, 200)
SECONDS = 120.0
QUICK_SECONDS = 10.0
SERVICE = "printer"
START_SECONDS = 60.0
_PRINT = "n=0; while :; do n=$$((n+1)); echo line $$n; busybox sleep 0.1; done"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiLoad:
    """What became of `clients` clients in `seconds`.

    events: that each of one half should have got. lines: the fewest that one of the other half got. missed: clients
    that lack something. first_kib, last_kib: the most memory that the server held in the first and in the last quarter
    of the time. processor_seconds: of the server.
    """

    clients: int
    seconds: float
    events: int
    lines: int
    missed: int
    first_kib: int
    last_kib: int
    processor_seconds: float


def measure_api(
    tool: Tool,
    environment: Mapping[str, str],
    *,
    seconds: float,
    counts: Sequence[int] = CLIENTS,
    say: Callable[[str], None],
) -> list[ApiLoad]:
    """A server of its own for every number of clients, for a project with one service that prints."""
    phlo = tool.up[: tool.up.index("run")]
    environment = {**environment, **tool.setting}
    found = []
    with tempfile.TemporaryDirectory(prefix="phlo-api-load-") as name:
        folder = Path(name)
        (folder / "phlo.yaml").write_text(yaml_text(_project()), encoding="utf-8")
        subprocess.run([*phlo, "up", "--quiet"], cwd=folder, env=environment, check=True)
        try:
            for clients in counts:
                found.append(_measure(folder, environment, clients, seconds))
                say(f"phlo-api: {clients} clients on live streams for {seconds:.0f} s")
        finally:
            subprocess.run([*phlo, "down", "--quiet", "--timeout", "0"], cwd=folder, env=environment, check=True)
    return found


def _project() -> dict[str, object]:
    labels = {LABEL_PROJECT: f"{PREFIX}-api", LABEL_SERVICE: SERVICE}
    printer = {"type": "inline", "image": IMAGE, "command": ["busybox", "sh", "-c", _PRINT], "labels": labels}
    return {"name": f"{PREFIX}-api", "services": {"defaults": False, SERVICE: printer}}


def _measure(folder: Path, environment: Mapping[str, str], clients: int, seconds: float) -> ApiLoad:
    token = secrets.token_urlsafe(32)
    with _server(folder, {**environment, "PHLO_API_VIEWER_TOKEN": token}) as (process, url), _Memory(process) as memory:
        before = _processor_seconds(process)
        heard = asyncio.run(listen(url, token, folder=folder, service=SERVICE, clients=clients, seconds=seconds))
        processor = _processor_seconds(process) - before
    first, last = memory.ends()
    return ApiLoad(
        clients=clients,
        seconds=seconds,
        events=heard.events,
        lines=heard.lines,
        missed=heard.missed,
        first_kib=first,
        last_kib=last,
        processor_seconds=processor,
    )


@contextmanager
def _server(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """phlo-api on a free port of the loopback: its process and its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "phlo_api", "--project-dir", str(folder), "--port", str(port)]
    with subprocess.Popen(command, env=dict(environment)) as process:
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _answers(f"{url}/health"):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise BenchError("phlo-api does not answer. Is it installed, with fastapi and uvicorn?")
                time.sleep(0.1)
            yield process.pid, url
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10):  # noqa: S310  our own server
            return True
    except urllib.error.URLError:
        return False


class _Memory:
    """Looks at a process every second as long as the block lasts."""

    def __init__(self, process: int) -> None:
        self._status = Path(f"/proc/{process}/status")
        self._seen: list[int] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> _Memory:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def ends(self) -> tuple[int, int]:
        """The most that it held in the first and in the last quarter, in KiB."""
        quarter = max(1, len(self._seen) // 4)
        return max(self._seen[:quarter]), max(self._seen[-quarter:])

    def _look(self) -> None:
        while not self._stop.is_set():
            lines = self._status.read_text(encoding="ascii").splitlines()
            self._seen.append(int(next(line.split()[1] for line in lines if line.startswith("VmRSS:"))))
            self._stop.wait(1)


def _processor_seconds(process: int) -> float:
    """User and system time so far: fields 14 and 15 of proc(5)'s stat."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
