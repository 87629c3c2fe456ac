"""Making the changes of a step: one after the other, or side by side where its operation allows that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from phlo.execute.worker_pool import WorkerPool
from phlo.hosts.host import Host
from phlo.operations import Operation
from phlo.values import Change

_MOST_AT_ONCE = 16
Facts = Mapping[str, Any] | None


def apply_all(module: Operation, changes: Sequence[Change], args: Any, seen: Any, host: Host) -> list[Facts]:
    """Make changes and give what each one found out, in the order of the changes.

    Changes that are independent (`are_independent` of the operation) are all made, even if one of them fails; the
    first error is raised afterwards.
    """
    are_independent = getattr(module, "are_independent", None)
    if len(changes) < 2 or are_independent is None or not are_independent(args):
        return [module.apply(change, args, seen, host) for change in changes]
    facts: list[Facts] = [None] * len(changes)

    def apply(number: int) -> None:
        facts[number] = module.apply(changes[number], args, seen, host)

    with WorkerPool(_MOST_AT_ONCE) as workers:
        for number in range(len(changes)):
            workers.submit(number, partial(apply, number))
    return facts
