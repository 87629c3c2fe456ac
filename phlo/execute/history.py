"""The record of a run: every event, as a line of JSON, in `.phlo/runs/`."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from phlo.config.ownership import give, make_folder
from phlo.errors import ConfigError, did_you_mean
from phlo.events_json import event_from_json, event_line
from phlo.values import Emit, Event, Status

FOLDER = Path(".phlo") / "runs"
KEPT_RUNS = 100
BETWEEN_WRITES_SECONDS = 0.05
_UNEVENTFUL = (None, Status.OK, Status.SKIPPED)
_BAD = (Status.FAILED, Status.UNREACHABLE, Status.BLOCKED, Status.ROLLED_BACK)
_SUCCEEDED = ("ok", "changed")


@contextmanager
def recorded(root: Path, run_id: str, emit: Emit) -> Iterator[Emit]:
    """Pass events on to `emit` and write them down, from the first on.

    The file is `.phlo/runs/<run_id>.jsonl`, readable by the user alone. A run in which nothing happened leaves none:
    events are held back until one tells of a change or a failure. Only the newest records are kept (`KEPT_RUNS`).
    Where it cannot be written the run goes on without, and says so in a note.
    """
    record = _Record(root / FOLDER / f"{run_id}.jsonl")

    def take(event: Event) -> None:
        try:
            record.take(event)
        except OSError as reason:
            record.give_up()
            say_that_there_is_none(event.time, reason)
        emit(event)

    def say_that_there_is_none(moment: float, reason: OSError) -> None:
        what = f"there is no record of this run: {FOLDER} cannot be written to ({reason.strerror})"
        emit(Event(kind="note", time=moment, run=run_id, message=f"{what}; `phlo doctor` tells more"))

    try:
        yield take
    finally:
        try:
            record.close()
        except OSError as reason:
            say_that_there_is_none(time.time(), reason)


def run_ids(root: Path) -> list[str]:
    """The runs that there is a record of, oldest first."""
    return sorted(path.stem for path in (root / FOLDER).glob("*.jsonl"))


def find_run(root: Path, name: str) -> str:
    """The run that is meant by `last`, a whole id, or the beginning or end of one that only it has.

    Raises ConfigError when there is no such run, or more than one.
    """
    known = run_ids(root)
    if name == "last" and known:
        return known[-1]
    found = [name] if name in known else [run for run in known if run.startswith(name) or run.endswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigError(f'"{name}" can be {len(found)} runs', fix=f"Write more of it: {', '.join(found[-3:])}.")
    if not known:
        raise ConfigError("there is no record of any run yet", fix="`phlo up` makes the first one.")
    hint = did_you_mean(name, known)
    fix = hint if hint.startswith("Did") else "`phlo history` lists those there are."
    raise ConfigError(f'there is no record of a run "{name}"', fix=fix)


def read_run(root: Path, run_id: str) -> list[Event]:
    """The events of a run; what a killed run has left half-written at the end is left out."""
    events = []
    for line in (root / FOLDER / f"{run_id}.jsonl").read_text(encoding="utf-8").splitlines():
        try:
            events.append(event_from_json(json.loads(line)))
        except (ValueError, KeyError, TypeError):
            break
    return events


def failed_hosts(events: Iterable[Event]) -> frozenset[str]:
    """The hosts of a run on which a step failed, was put back, did not end, or was not begun for another's sake."""
    found: set[str] = set()
    open_steps: dict[str | None, str | None] = {}
    result = ""
    for event in events:
        if event.kind == "run_finished":
            result = event.message
        if event.kind == "step_started":
            open_steps[event.step] = event.host
        if event.kind == "step_finished":
            open_steps.pop(event.step, None)
        if event.host and (event.status in _BAD or event.kind == "undo_started"):
            found.add(event.host)
    found.update(host for host in open_steps.values() if host)
    # In a playbook that went well a failure was ignored, or rescued.
    return frozenset() if result in _SUCCEEDED else frozenset(found)


class _Record:
    """Writes events down as they come, in a thread of its own: those who tell them go on meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: list[Event] = []
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        self._is_over = threading.Event()
        self._writer: threading.Thread | None = None
        self._failure: OSError | None = None
        self._is_given_up = False

    def take(self, event: Event) -> None:
        """Raises OSError when this one, or one before it, cannot be written."""
        if self._is_given_up:
            return
        if self._failure is not None:
            raise self._failure
        if self._writer is not None:
            self._events.put(event)
            return
        self._held.append(event)
        if event.status in _UNEVENTFUL and event.kind != "undo_started":
            return
        make_folder(self._path.parent)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        give(descriptor, self._path.parent)
        self._writer = threading.Thread(target=self._write_all, args=(descriptor,), daemon=True)
        self._writer.start()
        for held in self._held:
            self._events.put(held)
        self._held.clear()

    def _write_all(self, descriptor: int) -> None:
        """Write until None comes; what comes within a moment is written at once."""
        is_over = False
        try:
            with open(descriptor, "w", encoding="utf-8") as file:
                while not is_over:
                    events = [self._events.get()]
                    self._is_over.wait(BETWEEN_WRITES_SECONDS)
                    with suppress(Empty):
                        while True:
                            events.append(self._events.get_nowait())
                    is_over = None in events
                    file.writelines(f"{event_line(event)}\n" for event in events if event)
                    file.flush()
        except OSError as reason:
            self._failure = reason

    def give_up(self) -> None:
        """Take no more events: they cannot be written."""
        self._is_given_up = True
        self._held.clear()

    def close(self) -> None:
        """Wait until all is written. Raises OSError when it cannot be, and nobody was told that."""
        if self._writer is None:
            return
        self._is_over.set()
        self._events.put(None)
        self._writer.join()
        self._forget_old()
        if self._failure is not None and not self._is_given_up:
            raise self._failure

    def _forget_old(self) -> None:
        for path in sorted(self._path.parent.glob("*.jsonl"))[:-KEPT_RUNS]:
            with suppress(OSError):
                path.unlink(missing_ok=True)
