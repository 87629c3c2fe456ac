"""The record of a run: every event, as a line of JSON, in `.phlo/runs/`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from phlo.events_json import event_line
from phlo.values import Emit, Event, Status

FOLDER = Path(".phlo") / "runs"
_UNEVENTFUL = (None, Status.OK, Status.SKIPPED)


@contextmanager
def recorded(root: Path, run_id: str, emit: Emit) -> Iterator[Emit]:
    """Pass events on to `emit` and write them down, from the first on.

    The file is `.phlo/runs/<run_id>.jsonl`, readable by the user alone. A run in which nothing happened leaves none:
    events are held back until one tells of a change or a failure.
    """
    record = _Record(root / FOLDER / f"{run_id}.jsonl")

    def take(event: Event) -> None:
        record.take(event)
        emit(event)

    try:
        yield take
    finally:
        record.close()


class _Record:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: list[Event] = []
        self._file: TextIO | None = None

    def take(self, event: Event) -> None:
        if self._file is None:
            self._held.append(event)
            if event.status in _UNEVENTFUL and event.kind != "undo_started":
                return
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._file = open(descriptor, "w", encoding="utf-8")  # noqa: SIM115  closed by close()
            for held in self._held:
                self._write(held)
            self._held.clear()
            return
        self._write(event)

    def _write(self, event: Event) -> None:
        assert self._file is not None
        self._file.write(event_line(event) + "\n")
        self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
