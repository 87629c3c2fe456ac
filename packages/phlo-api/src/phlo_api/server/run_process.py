"""A run of phlo as a process: its events as they come, and what it prints besides, within bounds."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from io import BufferedReader
from itertools import chain
from typing import IO, cast

from phlo.bounded import text_lines
from phlo.cli import exits
from phlo.events import Note
from phlo.events_json import event_line
from phlo_api.server.excerpts import place_of
from phlo_api.server.problems import Refusal
from phlo_api.server.runs import StartedRun

# How long a run may take until its first event: it reads the project and asks the hosts.
FIRST_EVENT_SECONDS = 120.0
MOST_LINE_BYTES = 1_000_000
MOST_WAITING_LINES = 1000
_LAST_ERRORS = 10
_PIECE = 65536
_ENDED = None
_STATUS = {exits.LOCKED: 423, exits.UNREACHABLE: 503, exits.USAGE: 409}


class RunProcess:
    """Starts `argv` in a session of its own: a signal to this server does not reach the run."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            argv,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._lines: queue.Queue[str | None] = queue.Queue(MOST_WAITING_LINES)
        self._errors: deque[str] = deque(maxlen=_LAST_ERRORS)
        self._error_reader = threading.Thread(target=self._read_errors, daemon=True)
        self._error_reader.start()
        threading.Thread(target=self._read_events, daemon=True).start()

    def first_event(self) -> dict[str, object]:
        """The first event. Raises a Refusal with phlo's error when the run ends without one."""
        deadline = time.monotonic() + FIRST_EVENT_SECONDS
        try:
            while (line := self._lines.get(timeout=max(0.0, deadline - time.monotonic()))) is not _ENDED:
                if (found := _event(line)) is not None:
                    return found
        except queue.Empty:
            self.abandon()
            raise Refusal(503, f"the run sent no event for {FIRST_EVENT_SECONDS:.0f} s and was stopped") from None
        code = self._process.wait()
        self._error_reader.join()
        text = " ".join(line.strip() for line in self._errors).removeprefix("✗ ")
        where, colon, what = text.partition(": ")
        if not (colon and place_of(where)):
            where, what = "", text
        raise Refusal(_STATUS.get(code, 409), what or f"phlo ended with exit code {code}", where=where)

    def listen(self, run: StartedRun, mask: Callable[[str], str]) -> str:
        """Pass on the events until the run ends; gives its result in a word. Other output becomes notes."""
        while (line := self._lines.get()) is not _ENDED:
            if _event(line) is not None:
                run.take(line)
            else:
                note = Note(time=time.time(), run=run.id, message=mask(line))
                run.take_note(event_line(note))
        code = self._process.wait()
        return "done" if code == exits.OK else f"failed (exit code {code})"

    def interrupt(self) -> None:
        """Ask the run to end, as Ctrl-C does: it starts nothing new, and finishes or rolls back what is under way."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)

    def abandon(self) -> None:
        """Interrupt the run, and read its output to the end, so that it can end."""
        self.interrupt()
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        while self._lines.get() is not _ENDED:
            pass
        self._process.wait()

    def _read_events(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in _lines_of(stream):
                self._lines.put(line)
        self._lines.put(_ENDED)

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            self._errors.extend(_lines_of(stream))


def _lines_of(stream: IO[bytes]) -> Iterator[str]:
    pipe = cast(BufferedReader, stream)  # whose read1 gives what is there, without waiting for more
    pieces = iter(lambda: pipe.read1(_PIECE), b"")
    return chain.from_iterable(text_lines(pieces, MOST_LINE_BYTES))


def _event(line: str) -> dict[str, object] | None:
    """A line as an event of phlo; None for other output."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and {"v", "kind", "run"} <= found.keys() else None
