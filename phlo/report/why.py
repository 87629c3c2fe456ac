"""Why a service's containers were recreated the last time, and what the next `up` would do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from phlo.events import Event, StepFinished, UndoFinished
from phlo.events_json import change_to_json
from phlo.hosts.live import LiveContainer
from phlo.report.change_text import thing
from phlo.report.style import Style
from phlo.values import Change, Status

_WENT_WRONG = (Status.FAILED, Status.ROLLED_BACK, Status.UNREACHABLE)


class Attempt(NamedTuple):
    """What a run tried with a service and did not bring to an end. message: what went wrong."""

    run: str
    changes: tuple[Change, ...]
    message: str


class Reasons(NamedTuple):
    """All there is to say about a service.

    kept: name of the container -> the run that put it in the place of one that is kept.
    failed: the newest attempt that came to nothing, if it is newer than the containers.
    next: what `up` would do to it now. problem: why that is unknown.
    """

    service: str
    containers: tuple[LiveContainer, ...]
    kept: dict[str, str]
    failed: Attempt | None
    next: tuple[Change, ...]
    problem: str


def failed_attempt(service: str, runs: Iterable[tuple[str, Sequence[Event]]]) -> Attempt | None:
    """The newest attempt at a service that failed, of runs that are given newest first.

    None when the newest run that touched the service ended well.
    """
    for run, events in runs:
        steps = [
            one
            for one in events
            if isinstance(one, StepFinished) and not one.step.is_part and one.step.service == service
        ]
        undone = [one for one in events if isinstance(one, UndoFinished) and one.service == service]
        changes = tuple(change for event in steps for change in event.changes if change.is_counted)
        ends: list[StepFinished | UndoFinished] = [*(one for one in steps if not one.is_tolerated), *undone]
        wrong = [event for event in ends if event.status in _WENT_WRONG]
        if wrong:
            message = next((event.message for event in wrong if event.message), "it was rolled back")
            return Attempt(run, changes, message)
        if changes:
            return None
    return None


def why_text(reasons: Reasons, style: Style, zone: tzinfo | None = None) -> str:
    """The reasons, container by container. zone: the time zone of printed times; None: the machine's own."""
    lines = [style(reasons.service, "bold")]
    if not reasons.containers:
        lines.append("  now   it has no container")
    for one in reasons.containers:
        made = datetime.fromtimestamp(one.made_at, zone).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        by = f" by the run {one.made_by}" if one.made_by else ""
        lines.append(f"  last  {one.name} on {one.host}: made {made}{by}")
        lines += _causes(one.made_for or ("its causes were not noted",), style)
        if one.name in reasons.kept:
            back = f"put there by the run {reasons.kept[one.name]}; `phlo rollback` goes back to the one before it"
            lines.append(f"        {style(back, 'dim')}")
    if reasons.failed:
        lines.append(f"  tried by the run {reasons.failed.run}: {reasons.failed.message}")
        for change in reasons.failed.changes:
            lines += _causes(change.causes, style)
    lines += _next(reasons, style)
    return "\n".join(lines)


def why_data(reasons: Reasons) -> dict[str, Any]:
    """The same for JSON."""
    return {
        "service": reasons.service,
        "last": [
            {
                "host": one.host,
                "container": one.name,
                "made": one.made_at,
                "run": one.made_by or None,
                "causes": list(one.made_for),
                "replaced_by_run": reasons.kept.get(one.name),
            }
            for one in reasons.containers
        ],
        "failed": reasons.failed
        and {
            "run": reasons.failed.run,
            "message": reasons.failed.message,
            "changes": [change_to_json(change) for change in reasons.failed.changes],
        },
        "next": [change_to_json(change) for change in reasons.next],
        "problem": reasons.problem or None,
    }


def _next(reasons: Reasons, style: Style) -> list[str]:
    if reasons.problem:
        return [f"  next  unknown: {reasons.problem}"]
    if not reasons.next:
        return ["  next  nothing to do"]
    lines = []
    for change in reasons.next:
        lines.append(f"  next  {change.verb} {thing(change)}")
        lines += _causes(change.causes, style)
    return lines


def _causes(causes: Sequence[str], style: Style) -> list[str]:
    return [f"        {style(f'because {cause}', 'dim')}" for cause in causes]
