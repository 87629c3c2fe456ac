"""Converge one thing on one host: observe it, decide what to change, and change it.

Steps of a plan and tasks go through the same two calls; nothing else runs an operation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from phlo.execute.changes import apply_all
from phlo.hosts.host import Host, ReadHost
from phlo.operations import Operation
from phlo.values import Change, Status


class Observation(NamedTuple):
    """What an operation saw on a host, and what it would change there."""

    seen: Any
    changes: tuple[Change, ...]

    @property
    def is_pending(self) -> bool:
        """Whether one of the changes counts; a wait or a tidy-up does not."""
        return any(change.is_counted for change in self.changes)


class Converged(NamedTuple):
    """How it ended: ok or changed; in check mode ok, pending or unknown. facts: what `register` keeps."""

    status: Status
    changes: tuple[Change, ...]
    facts: Mapping[str, Any]


def observe(operation: Operation, args: Any, reader: ReadHost) -> Observation:
    """Observe and decide. Raises PhloError."""
    seen = operation.observe(args, reader)
    return Observation(seen, tuple(operation.decide(args, seen)))


def converge(operation: Operation, args: Any, found: Observation, host: Host | None) -> Converged:
    """Make the changes that were decided. Raises PhloError.

    host: None in check mode, where nothing is changed.
    """
    if found.changes and host is None:
        return Converged(Status.PENDING if found.is_pending else Status.UNKNOWN, found.changes, {})
    facts: dict[str, Any] = {}
    if host is None or not found.changes:
        facts_of = getattr(operation, "facts", None)
        facts.update(facts_of(args, found.seen) if facts_of else {})
    else:
        for one in apply_all(operation, found.changes, args, found.seen, host):
            facts.update(one or {})
    is_changed = bool(facts.pop("changed", found.is_pending))
    made = tuple(facts.pop("changes", found.changes))  # an operation may have to make another change than it planned
    return Converged(Status.CHANGED if is_changed else Status.OK, made, facts)


def difference(operation: Operation, args: Any, found: Observation) -> tuple[str, ...]:
    """What would change in the content of a file, line by line; empty where the operation has no such thing."""
    diff = getattr(operation, "diff", None)
    return tuple(diff(args, found.seen)) if diff and found.changes else ()
