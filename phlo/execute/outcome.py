"""How a run ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from phlo.errors import HostError, PhloError
from phlo.frozen import dataclass
from phlo.values import Change, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """How a step ended, what it changed (in check mode: would change), and how long it took."""

    status: Status
    changes: tuple[Change, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended.

    failures: the errors, in the order they came.
    undone:   `(host, service)` of the services that were rolled back.
    signal:   the signal that stopped the run, None when it ran to its end.
    is_stale: nothing was changed, since what had been seen was not so any more when the deploy lock was held.
    """

    steps: Mapping[str, StepResult]
    failures: tuple[PhloError, ...] = ()
    undone: tuple[tuple[str, str], ...] = ()
    signal: int | None = None
    seconds: float = 0.0
    is_stale: bool = False

    @property
    def status(self) -> str:
        """ok, changed, pending (check mode), failed, unreachable, rolled_back or interrupted."""
        if self.signal is not None:
            return "interrupted"
        if self.undone:
            return "rolled_back"
        if self.failures:
            return "unreachable" if all(isinstance(error, HostError) for error in self.failures) else "failed"
        found = {result.status for result in self.steps.values()}
        if Status.PENDING in found:
            return "pending"
        return "changed" if Status.CHANGED in found else "ok"

    @property
    def counts(self) -> Mapping[Status, int]:
        return Counter(result.status for result in self.steps.values())
