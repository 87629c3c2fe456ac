"""Where the time of a run went: its slowest steps, and the chain of steps that it could not be shorter than."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from phlo.events import Event, RunFinished, RunStarted, StepFinished, StepStarted
from phlo.report.style import Style, seconds_text
from phlo.report.table import table
from phlo.values import Step

MOST_STEPS = 20


class Timing(NamedTuple):
    """When a step began and ended, in seconds since the run began."""

    step: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def timings(events: Iterable[Event]) -> dict[str, Timing]:
    """Step -> its timing, of the steps that were begun and have ended."""
    start = 0.0
    began: dict[str, float] = {}
    found = {}
    for event in events:
        match event:
            case RunStarted():
                start = event.time
            case StepStarted():
                began[str(event.step)] = event.time - start
            case StepFinished() if (step := str(event.step)) in began:
                found[step] = Timing(step, began[step], event.time - start)
    return found


def critical_path(steps: Sequence[Step], found: Mapping[str, Timing]) -> list[Timing]:
    """The longest chain of steps that had to come one after the other, by the time they took; first step first.

    steps: in the plan's order, each after those it needs.
    """
    length: dict[str, float] = {}
    before: dict[str, str | None] = {}
    for step in steps:
        needs = [need for need in step.after if need in length]
        longest = max(needs, key=lambda need: length[need], default=None)
        took = found[step.id].seconds if step.id in found else 0.0
        length[step.id] = took + (length[longest] if longest else 0.0)
        before[step.id] = longest
    at = max(length, key=lambda name: length[name], default=None)
    path = []
    while at is not None:
        if at in found:
            path.append(found[at])
        at = before[at]
    return path[::-1]


def timing_text(steps: Sequence[Step], events: Sequence[Event], style: Style) -> str:
    """The slowest steps and the critical path, each as a table."""
    found = timings(events)
    slowest = sorted(found.values(), key=lambda timing: -timing.seconds)[:MOST_STEPS]
    if not slowest:
        return "No step was carried out."
    path = critical_path(steps, found)
    whole = next((event.seconds for event in events if isinstance(event, RunFinished) and event.seconds), None)
    least = sum(timing.seconds for timing in path)
    of_whole = f" of the run's {seconds_text(whole)}" if whole is not None else ""
    rows = [(seconds_text(timing.seconds), f"+{seconds_text(timing.began)}", timing.step) for timing in slowest]
    chain = [(seconds_text(timing.seconds), f"+{seconds_text(timing.began)}", timing.step) for timing in path]
    return "\n".join(
        [
            table(("TOOK", "BEGAN", "SLOWEST STEPS"), rows, style),
            "",
            table(("TOOK", "BEGAN", f"CRITICAL PATH: {seconds_text(least)}{of_whole}"), chain, style),
        ]
    )
