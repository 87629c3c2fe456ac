"""The record of a run: every event, as a line of JSON, in `.phlo/runs/`."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from phlo.bounded import parse_json, read_file
from phlo.config.ownership import give, make_folder
from phlo.errors import ConfigError, OperationError, did_you_mean
from phlo.events import (
    Emit,
    Event,
    ItemFinished,
    Note,
    StepFinished,
    StepStarted,
    UndoFinished,
    UndoStarted,
)
from phlo.events_json import event_from_json, event_line
from phlo.values import Status

FOLDER = Path(".phlo") / "runs"
KEPT_RUNS = 100
BETWEEN_WRITES_SECONDS = 0.05
_FULL = (errno.ENOSPC, errno.EDQUOT)
_UNEVENTFUL = (Status.OK, Status.SKIPPED)
_BAD = (Status.FAILED, Status.UNREACHABLE, Status.BLOCKED, Status.ROLLED_BACK)


@contextmanager
def recorded(root: Path, run_id: str, emit: Emit) -> Iterator[Emit]:
    """Pass events on to `emit` and write them down, from the first on.

    The file is `.phlo/runs/<run_id>.jsonl`, readable by the user alone. A run in which nothing happened leaves none:
    events are held back until one tells of a change or a failure. Only the newest records are kept (`KEPT_RUNS`).
    At the end of the run the record is forced to the disk (fsync).
    Where it cannot be written the run goes on without, and says so in a note. Raises OperationError at the end of the
    run when the disk is full, or only a part of the record could be written.
    """
    record = _Record(root / FOLDER / f"{run_id}.jsonl")

    def take(event: Event) -> None:
        try:
            record.take(event)
        except Exception as reason:
            record.give_up(reason)
            say_that_there_is_none(event.time, reason)
        emit(event)

    def say_that_there_is_none(moment: float, reason: Exception) -> None:
        what = f"there is no record of this run: {FOLDER} cannot be written to ({_reason(reason)})"
        emit(Note(time=moment, run=run_id, message=f"{what}; `phlo doctor` tells more"))

    try:
        yield take
    finally:
        try:
            record.close()
        except Exception as reason:
            say_that_there_is_none(time.time(), reason)
    if record.failure is not None and (record.is_begun or getattr(record.failure, "errno", None) in _FULL):
        what = f"the record of this run is not complete: {_reason(record.failure)}"
        fix = "The run itself went on to its end. Make room for the next one: `df` shows what is full."
        raise OperationError(what, where=FOLDER / f"{run_id}.jsonl", fix=fix) from record.failure


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


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
        raise ConfigError(f'"{name}" can be {len(found)} runs', fix=f"Write more characters: {', '.join(found[-3:])}.")
    if not known:
        raise ConfigError("there is no record of any run yet", fix="`phlo up` creates the first one.")
    hint = did_you_mean(name, known)
    fix = hint if hint.startswith("Did") else "`phlo history` lists those there are."
    raise ConfigError(f'there is no record of a run "{name}"', fix=fix)


def read_run(root: Path, run_id: str) -> list[Event]:
    """The events of a run; what a killed run has left half-written at the end is left out.

    Raises ConfigError when the record cannot be read, holds no event, or is damaged before its end: what is left of it
    would show another run than there was.
    """
    where = FOLDER / f"{run_id}.jsonl"
    try:
        data = read_file(root / where)
    except OSError as reason:
        raise _damaged(f"cannot be read: {reason.strerror}", where) from None
    *lines, torn = data.split(b"\n")
    events = []
    for number, line in enumerate(lines, start=1):
        try:
            events.append(event_from_json(parse_json(line)))
        except ValueError as reason:
            raise _damaged(f"is damaged ({reason})", f"{where}:{number}") from None
    with suppress(ValueError):  # a whole event of which only the line's end is missing
        events.append(event_from_json(parse_json(torn)))
    if not events:
        raise _damaged("holds no event", where)
    return events


def read_runs(root: Path, run_ids: Iterable[str], notify: Callable[[str], None]) -> Iterator[tuple[str, list[Event]]]:
    """The events of several runs. notify: gets a sentence about each record that is damaged; it is left out."""
    for run_id in run_ids:
        try:
            yield run_id, read_run(root, run_id)
        except ConfigError as error:
            notify(str(error))


def _damaged(what: str, where: object) -> ConfigError:
    return ConfigError(what, where=where, fix="Remove the file; only the history of this run is lost.")


def failed_hosts(events: Iterable[Event]) -> frozenset[str]:
    """The hosts of a run on which a step failed, was rolled back, was blocked or did not end."""
    found: set[str] = set()
    running: dict[str, str] = {}
    for event in events:
        match event:
            case StepStarted():
                running[str(event.step)] = event.step.host
            case StepFinished():
                running.pop(str(event.step), None)
                if event.status in _BAD and not event.is_tolerated:
                    found.add(event.step.host)
            case UndoStarted() | UndoFinished():
                found.add(event.host)
    return frozenset({*found, *running.values()})


def _is_eventful(event: Event) -> bool:
    """Whether a run with this event is kept: something changed, failed or was rolled back."""
    if isinstance(event, StepFinished | ItemFinished):
        return event.status not in _UNEVENTFUL
    return isinstance(event, UndoStarted | UndoFinished)


class _Record:
    """Writes events down as they come, in a thread of its own: those who tell them go on meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: list[Event] = []
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        self._is_over = threading.Event()
        self._writer: threading.Thread | None = None
        self.failure: Exception | None = None
        self._is_given_up = False

    @property
    def is_begun(self) -> bool:
        """Whether the file could be opened, because something happened."""
        return self._writer is not None

    def take(self, event: Event) -> None:
        """Raises the exception when this one, or one before it, cannot be written."""
        if self._is_given_up:
            return
        if self.failure is not None:
            raise self.failure
        if self._writer is not None:
            self._events.put(event)
            return
        self._held.append(event)
        if not _is_eventful(event):
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
            with open(descriptor, "w", encoding="utf-8", errors="replace") as file:
                while not is_over:
                    events = [self._events.get()]
                    self._is_over.wait(BETWEEN_WRITES_SECONDS)
                    with suppress(Empty):
                        while True:
                            events.append(self._events.get_nowait())
                    is_over = None in events
                    file.writelines(f"{event_line(event)}\n" for event in events if event)
                    file.flush()
                os.fsync(descriptor)  # once, at the end of the run: for each event it would slow the run down
        except Exception as reason:  # `take` and `close` raise it
            self.failure = reason

    def give_up(self, reason: Exception) -> None:
        """Take no more events: they cannot be written."""
        self.failure = self.failure or reason
        self._is_given_up = True
        self._held.clear()

    def close(self) -> None:
        """Wait until all is written. Raises the exception when it cannot be, and nobody was told that."""
        if self._writer is None:
            return
        self._is_over.set()
        self._events.put(None)
        self._writer.join()
        self._forget_old()
        if self.failure is not None and not self._is_given_up:
            raise self.failure

    def _forget_old(self) -> None:
        for record in sorted(self._path.parent.glob("*.jsonl"))[:-KEPT_RUNS]:
            for path in (record, *record.parent.glob(f"{record.stem}.*.log")):
                with suppress(OSError):
                    path.unlink(missing_ok=True)
