"""How a task and the items of its loop ended, as events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from phlo.events import TaskId
from phlo.execute.emitter import Emitter
from phlo.execute.play.result import BAD, Result
from phlo.frozen import replace
from phlo.playbook.model import Task
from phlo.values import Change

HIDDEN = "hidden by no_log"


def emit_end(
    emit: Emitter,
    step: TaskId,
    task: Task,
    result: Result,
    seconds: float | None,
    *,
    is_hidden: bool = False,
    is_rescued: bool = False,
) -> None:
    """The end of a task on a host. is_hidden: `no_log` keeps its texts out. is_rescued: its block has a `rescue`."""
    emit.step_finished(
        step, result.status, is_rescued=is_rescued and result.is_bad, **_end(task, result, seconds, is_hidden=is_hidden)
    )


def emit_item_end(
    emit: Emitter, step: TaskId, task: Task, item: str, result: Result, seconds: float, *, is_hidden: bool
) -> None:
    """The end of one item of a task's loop."""
    shown = HIDDEN if is_hidden else item
    emit.item_finished(step, shown, result.status, **_end(task, result, seconds, is_hidden=is_hidden))


def _end(task: Task, result: Result, seconds: float | None, *, is_hidden: bool) -> dict[str, Any]:
    message = result.message if result.error is None else str(result.error)
    detail = result.diff if result.error is None else result.error.detail
    changes: Iterable[Change] = result.changes
    if is_hidden:
        message, detail = HIDDEN if message else "", ()
        changes = [replace(one, at=one.at.partition(":")[0], causes=(HIDDEN,)) for one in changes]
    return {
        "changes": changes,
        "message": message,
        "detail": detail,
        "seconds": seconds,
        "where": task.origin.line() if result.status in BAD else "",
        "is_ignored": result.is_ignored,
    }
