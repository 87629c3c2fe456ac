"""Past runs: a line each, and the course of one with its causes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from phlo.events import Event, Note, RunFinished, StepFinished, UndoFinished, UndoStarted
from phlo.report.change_text import COUNTS, done_count
from phlo.report.run_state import RunState, label
from phlo.report.step_text import is_news, step_lines
from phlo.report.style import Style, seconds_text
from phlo.report.table import table
from phlo.values import Status

CUT_SHORT = "cut short"
_SIGNS = {"ok": "✓", "changed": "✓"}


class PastRun(NamedTuple):
    """A run in short.

    result: how it ended: ok, changed, failed, rolled_back, unreachable, interrupted, or `cut short` for one that was
    killed. began: seconds since the epoch. seconds: None when it was cut short.
    """

    id: str
    title: str
    began: float
    seconds: float | None
    result: str
    counts: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        counts = {name: count for name, count in self.counts.items() if count}
        return {**self._asdict(), "counts": counts}


def past_run(run_id: str, events: Sequence[Event]) -> PastRun:
    """A run in short, from its events."""
    state = RunState()
    for event in events:
        state.take(event)
    result = next((event.result for event in events if isinstance(event, RunFinished)), CUT_SHORT)
    return PastRun(run_id, state.title, state.began, state.seconds, result, state.counts())


def history_text(runs: Sequence[PastRun], style: Style, zone: tzinfo | None = None) -> str:
    """A table, a run a row, in the order given. zone: the time zone of printed times; None: the machine's own."""
    rows = [
        (
            run.id,
            _moment(run.began, zone),
            run.title,
            run.result.replace("_", " "),
            "" if run.seconds is None else seconds_text(run.seconds),
            _counted(run.counts),
        )
        for run in runs
    ]
    return table(("RUN", "BEGAN", "WHAT", "RESULT", "TOOK", "CHANGES"), rows, style, wrapped=("WHAT", "CHANGES"))


def timeline_text(
    run_id: str, events: Sequence[Event], style: Style, *, verbosity: int = 0, zone: tzinfo | None = None
) -> str:
    """The course of a run: what was done when and why. verbosity: from 1 on what did not change as well."""
    run = past_run(run_id, events)
    state = RunState()
    for event in events:
        state.take(event)
    lines = [f"{style(run_id, 'bold')}  {run.title}, {_moment(run.began, zone)}", ""]
    for event in events:
        for index, line in enumerate(_event_lines(event, state, style, verbosity)):
            at = f"+{seconds_text(max(event.time - run.began, 0.0))}" if index == 0 else ""
            lines.append(f"{at:>8}  {line}".rstrip())
    took = f" in {seconds_text(run.seconds)}" if run.seconds is not None else ""
    sign = style.sign(_SIGNS.get(run.result, "✗"))
    counted = _counted(run.counts)
    return "\n".join([*lines, "", f"{sign} {run.result.replace('_', ' ')}{took}{f': {counted}' if counted else ''}"])


def _event_lines(event: Event, state: RunState, style: Style, verbosity: int) -> list[str]:
    match event:
        case StepFinished():
            wanted = 2 if event.status is Status.SKIPPED else 1 if event.step.is_part or not is_news(event) else 0
            if event.step.is_part:
                lines = step_lines(event, event.step.name, style, is_full=True)
                return [f"    {line}" for line in lines] if verbosity >= wanted else []
            name = _name(event.step.host, event.step.service, state)
            return step_lines(event, name, style, is_full=True) if verbosity >= wanted else []
        case Note():
            return [f"{style.sign('!')} {event.message}", *(f"    {line}" for line in event.detail)]
        case UndoStarted():
            name = style(_name(event.host, event.service, state), "bold")
            return [f"{style.sign('!')} {name}  {event.message or 'restoring the previous version'}"]
        case UndoFinished():
            failed = event.status is Status.FAILED
            name = style(_name(event.host, event.service, state), "bold")
            text = f"could not be rolled back: {event.message}" if failed else event.message or "rolled back"
            return [f"{style.sign('✗' if failed else '✓')} {name}  {text}"]
    return []


def _name(host: str, service: str, state: RunState) -> str:
    return label(host, service, shows_host=len(state.hosts) > 1).ljust(state.label_width)


def _counted(counts: dict[str, int]) -> str:
    parts = [f"{counts[count]} {done_count(count)}" for count in ("create", "recreate", *COUNTS) if counts.get(count)]
    bad = [f"{counts[name]} {name.replace('-', ' ')}" for name in ("failed", "rolled-back") if counts.get(name)]
    return ", ".join(dict.fromkeys([*parts, *bad]))


def _moment(seconds: float, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(seconds, zone).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
