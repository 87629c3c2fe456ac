"""Past runs: a line each, and the course of one with its causes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from phlo.report.change_text import COUNTS, done_count
from phlo.report.run_state import RunState, label
from phlo.report.step_text import is_news, step_lines
from phlo.report.style import Style, seconds_text
from phlo.report.table import table
from phlo.values import Event, Status

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
    result = next((event.message for event in events if event.kind == "run_finished"), CUT_SHORT)
    return PastRun(run_id, state.title, state.began, state.seconds, result, state.counts())


def history_text(runs: Sequence[PastRun], style: Style, zone: tzinfo | None = None) -> str:
    """A table, a run a row, in the order given. zone: that times are told in; None: the machine's own."""
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
    return table(("RUN", "BEGAN", "WHAT", "RESULT", "TOOK", "CHANGES"), rows, style)


def timeline_text(
    run_id: str, events: Sequence[Event], style: Style, *, verbosity: int = 0, zone: tzinfo | None = None
) -> str:
    """The course of a run: what was done when and why. verbosity: from 1 on what did not change as well."""
    run = past_run(run_id, events)
    state = RunState()
    for event in events:
        state.take(event)
    several = len(state.hosts) > 1
    lines = [f"{style(run_id, 'bold')}  {run.title}, {_moment(run.began, zone)}", ""]
    for event in events:
        name = label(event.host, event.service, shows_host=several).ljust(state.label_width)
        for index, line in enumerate(_event_lines(event, name, style, verbosity)):
            at = f"+{seconds_text(max(event.time - run.began, 0.0))}" if index == 0 else ""
            lines.append(f"{at:>8}  {line}".rstrip())
    took = f" in {seconds_text(run.seconds)}" if run.seconds is not None else ""
    sign = style.sign(_SIGNS.get(run.result, "✗"))
    counted = _counted(run.counts)
    return "\n".join([*lines, "", f"{sign} {run.result.replace('_', ' ')}{took}{f': {counted}' if counted else ''}"])


def _event_lines(event: Event, name: str, style: Style, verbosity: int) -> list[str]:
    if event.kind == "step_finished":
        wanted = 0 if is_news(event) else 2 if event.status is Status.SKIPPED else 1
        return step_lines(event, name, style, is_full=True) if verbosity >= wanted else []
    if event.kind == "note":
        return [f"{style.sign('!')} {event.message}", *(f"    {line}" for line in event.detail)]
    if event.kind == "undo_started":
        return [f"{style.sign('!')} {style(name, 'bold')}  {event.message or 'putting back what was there'}"]
    if event.kind == "undo_finished":
        failed = event.status is Status.FAILED
        text = f"could not be rolled back: {event.message}" if failed else event.message or "rolled back"
        return [f"{style.sign('✗' if failed else '✓')} {style(name, 'bold')}  {text}"]
    return []


def _counted(counts: dict[str, int]) -> str:
    parts = [f"{counts[count]} {done_count(count)}" for count in ("create", "recreate", *COUNTS) if counts.get(count)]
    bad = [f"{counts[name]} {name.replace('-', ' ')}" for name in ("failed", "rolled-back") if counts.get(name)]
    return ", ".join(dict.fromkeys([*parts, *bad]))


def _moment(seconds: float, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(seconds, zone).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
