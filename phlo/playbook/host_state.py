"""What is known of a host while plays run on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from phlo.frozen import dataclass, field
from phlo.hosts.host import Host, ReadHost
from phlo.playbook.result import Result
from phlo.playbook.scope import Layer, Variable
from phlo.values import Status


@dataclass(slots=True, kw_only=True)
class HostState:
    """A host, its variables and how it is doing. Only one thread at a time works on it.

    base:     the layers it has before any play: project, groups, the host itself.
    facts:    what tasks registered or set.
    params:   the variables of the includes that are being run, the innermost last.
    failure:  the failed task's name and result; None while all is well.
    is_over:  a `meta` task ended the play for it.
    has_unapplied: in check mode: an earlier task would have changed something.
    """

    name: str
    host: Host | ReadHost
    base: tuple[Layer, ...]
    facts: dict[str, Variable] = field(default_factory=dict)
    params: tuple[Layer, ...] = ()
    failure: tuple[str, Result] | None = None
    is_unreachable: bool = False
    is_over: bool = False
    has_unapplied: bool = False
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def is_active(self) -> bool:
        return not (self.failure or self.is_unreachable or self.is_over)

    def set_facts(self, facts: Mapping[str, Any]) -> None:
        for name, value in facts.items():
            self.facts[name] = Variable(value)

    def take(self, task: str, result: Result) -> None:
        """Note how a task ended."""
        self.counts[result.status.value] += 1
        if result.is_ignored:
            self.counts["ignored"] += 1
        if result.status in (Status.PENDING, Status.UNKNOWN):
            self.has_unapplied = True
        if result.is_bad:
            self.is_unreachable = result.status is Status.UNREACHABLE
            self.failure = (task, result)
