"""What a task came to on one host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phlo.errors import HostError, PhloError
from phlo.frozen import dataclass, field
from phlo.playbook.scope import Layer
from phlo.values import Change, Status

BAD = (Status.FAILED, Status.UNREACHABLE)
MOVED = (Status.CHANGED, Status.PENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a task, or one item of its loop, ended.

    data:    what `register` keeps. facts: variables that it sets. included: those of files, templates and all.
    error:   why it failed; is_ignored: and that this does not matter.
    owner: the host whose variables it sets, "" for the one that the task is for. for_others: of a loop the results of
    items that set those of another host.
    is_cacheable: its variables are in `ansible_facts`, too. is_gathered: they are facts of the host, and nothing else.
    message: what it has to say, for people. diff: what changes, line by line, when that was asked for.
    """

    status: Status
    data: Mapping[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    error: PhloError | None = None
    message: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    included: Layer = field(default_factory=dict)
    owner: str = ""
    for_others: tuple[Result, ...] = ()
    is_cacheable: bool = False
    is_gathered: bool = False
    is_ignored: bool = False
    diff: tuple[str, ...] = ()

    @property
    def is_bad(self) -> bool:
        return self.status in BAD and not self.is_ignored


def skipped(reason: str) -> Result:
    data = {"changed": False, "skipped": True, "skip_reason": reason}
    return Result(status=Status.SKIPPED, data=data, message=reason)


def unknown(reason: str) -> Result:
    """In check mode: what would happen depends on what earlier tasks would do."""
    return Result(status=Status.UNKNOWN, data={"changed": False, "failed": False, "msg": reason}, message=reason)


def failed(error: PhloError) -> Result:
    """The result for an error: unreachable when the host did not answer."""
    facts = getattr(error, "facts", {})
    if isinstance(error, HostError):
        data = {"changed": False, "failed": True, "unreachable": True, "msg": error.what}
        return Result(status=Status.UNREACHABLE, data=data, error=error)
    data = {"changed": False, "msg": error.what, **facts, "failed": True}
    return Result(status=Status.FAILED, data=data, error=error)


def of_loop(results: list[tuple[Any, Result]], loop_var: str) -> Result:
    """The result of a loop: its items' results, and what they amount to."""
    found = [result for _, result in results]
    each = [{**result.data, loop_var: item, "ansible_loop_var": loop_var} for item, result in results]
    bad = next((result for result in found if result.is_bad), None)
    bad = bad or next((result for result in found if result.status in BAD), None)
    data = {
        "results": each,
        "changed": any(entry.get("changed") for entry in each),
        **({"failed": True} if bad else {}),
        "skipped": bool(found) and all(result.status is Status.SKIPPED for result in found),
        "msg": "One or more items failed" if bad else "All items completed",
    }
    own = [result for result in found if not result.owner]
    facts = {name: value for result in own for name, value in result.facts.items()}
    changes = tuple(change for result in found for change in result.changes)
    return Result(
        status=_loop_status(found, bad),
        data=data,
        changes=changes,
        error=bad.error if bad else None,
        facts=facts,
        included={name: value for result in own for name, value in result.included.items()},
        for_others=tuple(result for result in found if result.owner),
        is_cacheable=any(result.is_cacheable for result in found),
        is_gathered=any(result.is_gathered for result in found),
        is_ignored=bad is not None and bad.is_ignored,
    )


def _loop_status(found: list[Result], bad: Result | None) -> Status:
    if bad is not None:
        return bad.status
    statuses = {result.status for result in found if result.status not in BAD}
    order = (Status.CHANGED, Status.PENDING, Status.UNKNOWN, Status.OK)
    return next((status for status in order if status in statuses), Status.OK if not found else Status.SKIPPED)
