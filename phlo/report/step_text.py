"""A finished step, and a finished run, in words."""

from __future__ import annotations

from phlo.events import StepFinished
from phlo.report.change_text import COUNTS, causes_text, done, done_count, to_do, words_of
from phlo.report.nothing import nothing_to_do
from phlo.report.run_state import RunState
from phlo.report.style import Style, seconds_text
from phlo.values import Change, Status

_BAD_WORDS = {
    Status.FAILED: ("✗", "failed"),
    Status.UNREACHABLE: ("✗", "host unreachable"),
    Status.ROLLED_BACK: ("✗", "rolled back"),
    Status.BLOCKED: ("!", "not done"),
    Status.UNKNOWN: ("?", "not known yet"),
    Status.SKIPPED: (" ", "skipped"),
}


def step_lines(event: StepFinished, name: str, style: Style, *, is_full: bool = False) -> list[str]:
    """The lines for a step that ended: one a change, or how it ended and why."""
    status = event.status
    took = style(_took(event), "dim")
    if status in _BAD_WORDS:
        sign, words = _BAD_WORDS[status]
        message = (
            event.message.removeprefix(f"{event.step.host} {event.step.service}: ") or f"{event.step.operation} {words}"
        )
        head = f"{style.sign(sign)} {style(name, 'bold')}  {message}{took}"
        return [head, *(style(f"    {line}".rstrip(), "dim") for line in event.detail)]
    lines = [_change_line(change, name, style, status, is_full) for change in event.changes]
    if not lines:
        return [f"  {name}  {style(f'{event.step.operation} unchanged', 'dim')}{took}"]
    lines[-1] += took
    return lines


def is_news(event: StepFinished) -> bool:
    """True when a step that ended is worth a line though nobody asked for more: it changed, waited or failed."""
    if event.status is Status.OK:
        return any(change.verb in ("wait", "keep") or change.is_counted for change in event.changes)
    return event.status not in (Status.SKIPPED, Status.UNKNOWN)


def _change_line(change: Change, name: str, style: Style, status: Status, is_full: bool) -> str:
    sign = style.sign(words_of(change.verb).sign)
    if change.verb == "wait":
        waited = style(f" (was {', '.join(change.causes)})", "dim") if is_full else ""
        return f"{sign} {style(name, 'bold')}  ready{waited}"
    phrase = to_do(change) if status is Status.PENDING else done(change)
    says_why = change.causes != ("asked for",)
    causes = style(f" ({causes_text(change.causes, is_full=is_full)})", "dim") if says_why else ""
    return f"{sign} {style(name, 'bold')}  {phrase}{causes}"


def _took(event: StepFinished) -> str:
    return f"  {seconds_text(event.seconds)}" if event.seconds is not None and event.seconds >= 0.05 else ""


def run_summary(state: RunState, style: Style, *, is_check: bool = False) -> str:
    """The last line of a run: what was done, counted."""
    if is_check:
        return plan_summary(state)
    counts = state.counts()
    bad = _bad_text(counts)
    parts = [f"{counts[count]} {done_count(count)}" for count in _told(counts)]
    if counts["unchanged"] and state.title == "up":
        parts.append(f"{counts['unchanged']} unchanged")
    took = f" in {seconds_text(state.seconds)}" if state.seconds is not None else ""
    if bad:
        return f"{style.sign('✗')} {', '.join([*bad, *parts])}{took}"
    if not state.has_changes:
        return nothing_to_do(counts["unchanged"] if state.title == "up" else None, state.seconds, style)
    return f"{style.sign('✓')} {', '.join(parts)}{took}"


def plan_summary(state: RunState) -> str:
    """`3 to create, 1 to recreate, 0 to remove, 6 unchanged`."""
    counts = state.counts()
    bad = _bad_text(counts)
    if not state.has_changes and not bad:
        return nothing_to_do(counts["unchanged"], None, Style())
    parts = [f"{counts[count]} to {count}" for count in ("create", "recreate", "remove")]
    parts += [f"{counts[count]} to {count}" for count in _told(counts) if count not in ("create", "recreate", "remove")]
    return ", ".join([*parts, f"{counts['unchanged']} unchanged", *bad])


def _told(counts: dict[str, int]) -> list[str]:
    order = ("create", "recreate", *COUNTS)
    return [count for count in dict.fromkeys(order) if counts[count]]


def _bad_text(counts: dict[str, int]) -> list[str]:
    words = {
        "failed": "failed",
        "unreachable": "unreachable",
        "rolled-back": "rolled back",
        "blocked": "left as they were",
    }
    return [f"{counts[status]} {text}" for status, text in words.items() if counts[status]]
