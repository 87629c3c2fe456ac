"""A plan as Markdown, for a comment on a pull request: GitHub's and GitLab's dialect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from phlo.report.change_text import causes_text
from phlo.report.plan import Entry, entries
from phlo.report.run_state import RunState, label
from phlo.report.step_text import plan_summary

# GitHub refuses comments of more than 65,536 characters.
MOST_CHARACTERS = 60_000


def plan_markdown(state: RunState, *, project: str, warnings: Sequence[str] = (), is_full: bool = False) -> str:
    """A heading, the counts and one table row for each change.

    The first line depends on the project only, so that a script can find and replace its earlier comment.
    is_full: all causes of a change instead of the first ones.
    """
    lines = [f"### phlo plan: {_code(project)}", "", f"**{_plain(plan_summary(state))}**"]
    lines += ["", *(f"- ⚠️ {_plain(warning)}" for warning in warnings)] if warnings else []
    rows = list(_rows(state, is_full))
    if rows:
        lines += ["", "| | service | change | cause |", "|---|---|---|---|"]
    room = MOST_CHARACTERS - sum(len(line) + 1 for line in lines)
    for index, row in enumerate(rows):
        room -= len(row) + 1
        if room < 0:
            lines += ["", f"{len(rows) - index} more rows do not fit here; `phlo plan` prints them."]
            break
        lines.append(row)
    return "\n".join(lines)


def _rows(state: RunState, is_full: bool) -> Iterator[str]:
    for one in state.services.values():
        name = label(one.host, one.service, shows_host=len(state.hosts) > 1)
        for entry in entries(one):
            yield f"| {entry.sign} | {_code(name)} | {_plain(entry.text)} | {_cause(entry, is_full)} |"


def _cause(entry: Entry, is_full: bool) -> str:
    if entry.change is None:
        return "<br>".join(map(_code, entry.detail))
    if is_full:
        return "<br>".join(map(_code, entry.change.causes))
    return _code(causes_text(entry.change.causes)) if entry.change.causes else ""


def _code(text: str) -> str:
    """Foreign text in a table cell: nothing in it is formatted, linked or notifies anyone."""
    return "`" + _one_line(text).replace("`", "'").replace("|", "\\|") + "`" if text.strip() else ""


def _plain(text: str) -> str:
    escaped = "".join(f"\\{sign}" if sign in "\\`*_[]<>|#~" else sign for sign in _one_line(text))
    return escaped.replace("@", "@\u200b")  # a zero-width space: `@name` mentions nobody


def _one_line(text: str) -> str:
    return " ".join(text.split())
