"""A plan as text and JSON: what would change, and why."""

from __future__ import annotations

from typing import Any, NamedTuple

from phlo.events_json import VERSION, change_to_json
from phlo.orchestrators import load, operation_parts
from phlo.report.change_text import causes_text, thing, words_of
from phlo.report.run_state import BAD, RunState, ServiceState, label
from phlo.report.step_text import plan_summary
from phlo.report.style import Style
from phlo.values import Change, Status

# What follows anything that changes, and says nothing of its own.
_PLAIN = ("wait", "orphans", "preflight")


def plan_text(state: RunState, style: Style, *, verbosity: int = 0, is_full: bool = False) -> str:
    """Every change with its causes, service by service, and the counts.

    verbosity: from 1 on services without a change are listed as well. Below each change are its engine calls, where the
    changes have them.
    """
    lines: list[str] = []
    for one in state.services.values():
        lines += _service_lines(one, state, style, verbosity, is_full)
    return "\n".join([*lines, "", plan_summary(state)] if lines else [plan_summary(state)])


def _service_lines(one: ServiceState, state: RunState, style: Style, verbosity: int, is_full: bool) -> list[str]:
    name = label(one.host, one.service, shows_host=len(state.hosts) > 1).ljust(state.label_width)
    found = [
        (entry.sign, entry.text, list(entry.detail))
        if entry.change is None
        else _with_causes(entry.change, len(name), style, is_full)
        for entry in entries(one, verbosity)
    ]
    lines = []
    for index, (sign, text, below) in enumerate(found):
        shown = style(name, "bold") if index == 0 else " " * len(name)
        lines.append(f"  {style.sign(sign)} {shown}  {text}".rstrip())
        lines += [" " * (len(name) + 8) + style(line, "dim") for line in below]
    return lines


class Entry(NamedTuple):
    """One line of a plan. change: what the line is about; None for a step that failed or is not known yet."""

    sign: str
    text: str
    detail: tuple[str, ...] = ()
    change: Change | None = None


def entries(one: ServiceState, verbosity: int = 0) -> list[Entry]:
    """What the plan of a service says, in the order of its steps."""
    found: list[Entry] = []
    for step in one.steps.values():
        end = step.end
        if end is None:
            continue
        if end.status is Status.BLOCKED:
            if one.service and end.message and one.status is Status.BLOCKED and not found:
                found.append(Entry("!", end.message))
        elif end.status in BAD:
            found.append(Entry("✗", end.message.removeprefix(f"{one.host} {one.service}: "), tuple(end.detail)))
        elif end.status is Status.UNKNOWN and (verbosity or not _is_plain(step.operation)):
            found.append(Entry("?", f"{step.operation}: determined after its dependencies are created"))
        for change in end.changes:
            if end.status is not Status.UNKNOWN and _is_shown(change, verbosity):
                found.append(Entry(words_of(change.verb).sign, f"{change.verb} {thing(change)}", change=change))
    return found or ([Entry(" ", "unchanged")] if verbosity else [])


def _is_plain(operation: str) -> bool:
    orchestrator, own = operation_parts(operation)
    return own in (load(orchestrator, "words").PLAIN if orchestrator else _PLAIN)


def _is_shown(change: Change, verbosity: int) -> bool:
    return change.is_counted or change.verb in ("keep", "run", "refuse", "adopt") or verbosity > 1


def _with_causes(change: Change, name_width: int, style: Style, is_full: bool) -> tuple[str, str, list[str]]:
    """Sign, text and the lines below: causes stand behind the change if they fit there, else one a line."""
    text = f"{change.verb} {thing(change)}"
    behind = f"{text} ({causes_text(change.causes, is_full=True)})"
    sign = words_of(change.verb).sign
    calls = [f"  {call}" for call in change.calls]
    if len(change.causes) <= 1 and len(behind) + name_width + 6 <= max(style.width, 80):
        return sign, f"{text} {style(behind[len(text) + 1 :], 'dim')}", calls
    few = (
        change.causes
        if is_full or len(change.causes) <= 6
        else (*change.causes[:5], f"and {len(change.causes) - 5} more")
    )
    return sign, text, [*few, *calls]


def plan_data(state: RunState, *, project: str) -> dict[str, Any]:
    """The plan for JSON: every step that has a change, is unknown or failed, and the counts."""
    steps = [
        {
            "id": step.id,
            "host": one.host,
            "service": one.service,
            "operation": step.operation,
            "status": step.status.value if step.status else None,
            "changes": [change_to_json(change) for change in step.end.changes],
            "message": step.end.message,
        }
        for one in state.services.values()
        for step in one.steps.values()
        if step.end and step.status not in (Status.OK, Status.SKIPPED)
    ]
    return {
        "v": VERSION,
        "project": project,
        "has_changes": state.has_changes,
        "steps": steps,
        "counts": state.counts(),
    }
