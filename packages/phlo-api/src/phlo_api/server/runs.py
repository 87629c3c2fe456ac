"""Past runs, and those under way: from the files that phlo writes of each, `.phlo/runs/<id>.jsonl`."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from phlo.events import Event, Note, StepFinished
from phlo.events_json import change_to_json, event_from_json
from phlo.execute.history import FOLDER, run_ids
from phlo.plan import Plan
from phlo.report.history import CUT_SHORT, past_run
from phlo.report.run_state import RunState
from phlo.report.timing import critical_path, timings
from phlo_api.server.problems import Refusal
from phlo_api.server.run_models import ChangeInfo, Run, RunEvent, RunStep, RunSummary

RUNNING = "running"
MOST_KEPT = 200
MOST_NOTE_BYTES = 4_000_000
MOST_RECORD_BYTES = 32_000_000
MOST_LINE_BYTES = 1_000_000
# How many records are kept in memory, so that those who follow a run do not parse all of it again and again.
MOST_RECORDS = 4
_RUN_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")


class Runs:
    """Reads runs. started: those that this API started, whose events it hears of even when phlo writes no file."""

    def __init__(self, root: Path, starters: Mapping[str, str]) -> None:
        """starters: run -> who started it through this API."""
        self._folder = root / FOLDER
        self._root = root
        self._starters = dict(starters)
        self._lock = threading.Lock()
        self._started: dict[str, StartedRun] = {}
        self._ended: dict[str, tuple[tuple[int, int], RunSummary]] = {}
        self._records: dict[str, tuple[tuple[int, int], list[str]]] = {}

    def path(self, run: str) -> Path:
        return self._folder / f"{run}.jsonl"

    def add(self, run: StartedRun) -> None:
        with self._lock:
            self._started[run.id] = run
            self._starters[run.id] = run.by
            for old in sorted(self._started)[:-MOST_KEPT]:
                del self._started[old]

    def started(self, run: str) -> StartedRun | None:
        with self._lock:
            return self._started.get(run)

    def is_known(self, run: str) -> bool:
        return self.started(run) is not None or (is_run_id(run) and self.path(run).is_file())

    def is_over(self, run: str) -> bool:
        """Whether nothing more will come of a run: it has said that it ended, or was cut short."""
        return self.summary(run).result != RUNNING

    def latest(self) -> RunSummary | None:
        found = self.list(limit=1, before=None)
        return found[0] if found else None

    def list(self, *, limit: int, before: str | None) -> list[RunSummary]:
        """The newest runs first; before: only older ones than this."""
        with self._lock:
            ids = sorted({*run_ids(self._root), *self._started}, reverse=True)
        wanted = [run for run in ids if before is None or run < before]
        return [self.summary(run) for run in wanted[:limit]]

    def summary(self, run: str) -> RunSummary:
        stamp = self._stamp(run)
        known = self._ended.get(run)
        if known and known[0] == stamp and known[1].result != RUNNING:
            return known[1]
        found = self._summary(run, self.events(run))
        if stamp != (0, 0):
            self._ended[run] = stamp, found
        return found

    def events(self, run: str) -> Sequence[Event]:
        """The events so far. Raises a Refusal for a run that is not known."""
        return [event_from_json(json.loads(line)) for line in self.lines(run)]

    def lines(self, run: str) -> Sequence[str]:
        """The events as they are written, a line of JSON each.

        A line that is still being written, or that is torn or damaged, is left out; so is what is beyond
        MOST_RECORD_BYTES.
        """
        started = self.started(run)
        if started is not None:
            return started.lines()
        if not is_run_id(run):
            raise self._unknown(run)
        stamp = self._stamp(run)
        with self._lock:
            known = self._records.get(run)
        if known and known[0] == stamp:
            return known[1]
        try:
            with self.path(run).open("rb") as file:
                data = file.read(MOST_RECORD_BYTES)
        except OSError:
            raise self._unknown(run) from None
        whole, _, _ = data.rpartition(b"\n")
        lines = [text for line in whole.split(b"\n") if (text := _event_text(line)) is not None]
        with self._lock:
            self._records.pop(run, None)
            self._records[run] = stamp, lines
            while len(self._records) > MOST_RECORDS:
                del self._records[next(iter(self._records))]
        return lines

    def detail(self, run: str, plan: Plan | None) -> Run:
        """One run, with its steps. plan: of the project as it is now, which knows what waits for what."""
        events = self.events(run)
        summary = self._summary(run, events)
        found = timings(events)
        path = [one.step for one in critical_path(plan.steps, found)] if plan else []
        state = RunState()
        for event in events:
            state.take(event)
        steps = [
            _step(one.host, one.service, step, found, one.undone, path)
            for one in state.services.values()
            for step in one.steps.values()
        ]
        steps.sort(key=lambda step: (step.began is None, step.began or 0.0))
        notes = [event.message for event in events if isinstance(event, Note)]
        return Run(**summary.model_dump(), steps=steps, notes=notes, critical_path=path)

    def _summary(self, run: str, events: Sequence[Event]) -> RunSummary:
        past = past_run(run, events)
        started = self.started(run)
        result = past.result
        if result == CUT_SHORT and not (started and started.is_over) and self._may_be_under_way(run):
            result = RUNNING
        return RunSummary(
            id=run,
            title=past.title,
            began=past.began,
            seconds=past.seconds,
            result=result,
            counts={name: count for name, count in past.counts.items() if count},
            by=self._starters.get(run),
        )

    def _may_be_under_way(self, run: str) -> bool:
        """A run that has not ended is under way if it is the newest: only one at a time holds the lock."""
        if self.started(run):
            return True
        ids = run_ids(self._root)
        return bool(ids) and ids[-1] == run

    def _stamp(self, run: str) -> tuple[int, int]:
        try:
            found = self.path(run).stat()
        except OSError:
            return (0, 0)
        return found.st_mtime_ns, found.st_size

    def _unknown(self, run: str) -> Refusal:
        return Refusal(404, f'there is no record of a run "{run}"', fix="`GET /api/v1/runs` lists those there are.")


class StartedRun:
    """A run that this API started: its events as they come. by: the name of the token it was started with."""

    def __init__(self, run: str, *, by: str) -> None:
        self.id = run
        self.by = by
        self.is_over = False
        self._lines: list[str] = []

        self._note_bytes = 0

    def take(self, line: str) -> None:
        """Keep an event. Their number is bounded by the plan's steps."""
        self._lines.append(line)

    def take_note(self, line: str) -> None:
        """Keep a note about other output, up to MOST_NOTE_BYTES of them."""
        if self._note_bytes <= MOST_NOTE_BYTES:
            self._note_bytes += len(line)
            self._lines.append(line)

    def lines(self) -> Sequence[str]:
        return tuple(self._lines)


def is_run_id(text: str) -> bool:
    """Whether a text looks like the id of a run, and so is a harmless file name."""
    return _RUN_ID.fullmatch(text) is not None


def _event_text(line: bytes) -> str | None:
    """A line of a record, when it is an event that can be shown; else None."""
    if not line or len(line) > MOST_LINE_BYTES or b"\r" in line:  # a carriage return would end a line of a stream
        return None
    try:
        text = line.decode()
        RunEvent.model_validate_json(text, strict=True)
        event_from_json(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return text


def _step(host: str, service: str, step: Any, found: Mapping[str, Any], undone: bool, path: Sequence[str]) -> RunStep:
    timing = found.get(step.id)
    end: StepFinished | None = step.end
    return RunStep(
        id=step.id,
        host=host,
        service=service,
        operation=step.operation,
        name=step.name,
        status=step.status.value if step.status else None,
        began=round(timing.began, 3) if timing else None,
        ended=round(timing.ended, 3) if timing else None,
        seconds=round(timing.seconds, 3) if timing else None,
        changes=[ChangeInfo(**change_to_json(change)) for change in end.changes] if end else [],
        message=end.message if end else step.progress,
        detail=list(end.detail) if end else [],
        undone=undone,
        critical=step.id in path,
    )
