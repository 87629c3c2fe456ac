"""How a run of playbooks ended."""

from __future__ import annotations

from collections.abc import Mapping

from phlo.errors import HostError, PhloError
from phlo.frozen import dataclass
from phlo.values import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookOutcome:
    """hosts: what each host came to: how many tasks ended how (`ok`, `changed`, ..., `rescued`, `ignored`).

    failures: the errors that nothing rescued.
    changes:  of all tasks, host by host.
    signal:   the signal that stopped the run, None when it ran to its end.
    """

    hosts: Mapping[str, Mapping[str, int]]
    failures: tuple[PhloError, ...] = ()
    changes: tuple[Change, ...] = ()
    signal: int | None = None
    seconds: float = 0.0

    @property
    def status(self) -> str:
        """ok, changed, pending (check mode), failed, unreachable or interrupted."""
        if self.signal is not None:
            return "interrupted"
        if self.failures:
            return "unreachable" if all(isinstance(error, HostError) for error in self.failures) else "failed"
        found = {status for counts in self.hosts.values() for status, count in counts.items() if count}
        if "pending" in found:
            return "pending"
        return "changed" if "changed" in found else "ok"
