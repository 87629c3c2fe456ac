"""What is known of a host while plays run on it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phlo.execute.play.result import Result
from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.playbook.scope import Layer, Variable
from phlo.values import Change, Status


@dataclass(slots=True, kw_only=True)
class HostState:
    """A host, its variables and how it is doing. Only one thread at a time works on it.

    included: what `include_vars` set. facts: what tasks registered or set. gathered: what `ansible_facts` has.
    is_gathered: all facts were looked for.
    ended_role: the folder of a role that `meta: end_role` ended, while that role goes on for other hosts.
    gathering: held while facts are looked for: other hosts may use them, too.
    params:   the variables of the includes that are being run, the innermost last.
    failure:  the failed task's name and result; None while all is well. is_lost: it failed where nothing could follow,
              no `rescue` and no `always`; `max_fail_percentage` counts these.
    is_over:  a `meta` task ended the play for it.
    done_blocks: the roles of the play that it did.
    has_unapplied: in check mode: an earlier task would have changed something.
    changes:  of the tasks that have ended, in their order.
    """

    name: str
    host: Host | ReadHost
    included: dict[str, Variable] = field(default_factory=dict)
    facts: dict[str, Variable] = field(default_factory=dict)
    gathered: dict[str, Any] = field(default_factory=dict)
    is_gathered: bool = False
    gathering: threading.RLock = field(default_factory=threading.RLock)
    params: tuple[Layer, ...] = ()
    failure: tuple[str, Result] | None = None
    is_lost: bool = False
    is_unreachable: bool = False
    is_over: bool = False
    ended_role: Path | None = None
    has_unapplied: bool = False
    changes: list[Change] = field(default_factory=list)
    done_blocks: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def is_active(self) -> bool:
        return not (self.failure or self.is_unreachable or self.is_over)

    def set_facts(self, facts: Mapping[str, Any]) -> None:
        for name, value in facts.items():
            self.facts[name] = Variable(value)

    def take(self, task: str, result: Result, *, is_final: bool) -> None:
        """Note how a task ended. is_final: in no block that has a `rescue` or `always` to come."""
        self.counts[result.status.value] += 1
        self.changes += _changes_of(task, result)
        if result.is_ignored:
            self.counts["ignored"] += 1
        if result.status in (Status.PENDING, Status.UNKNOWN):
            self.has_unapplied = True
        if result.is_bad:
            self.is_unreachable = result.status is Status.UNREACHABLE
            self.failure = (task, result)
            self.is_lost = self.is_lost or is_final


def _changes_of(task: str, result: Result) -> tuple[Change, ...]:
    """What a task changed or would change; one that only says that it changed something counts as one change."""
    if result.status in (Status.CHANGED, Status.PENDING):
        return result.changes or (Change(at=f"task:{task}", verb="run", causes=("it says so",)),)
    if result.status is Status.UNKNOWN:
        cause = result.message or "known once it runs"
        return (Change(at=f"task:{task}", verb="run", causes=(cause,), is_counted=False),)
    return ()
