"""What is measured, in the order of the table."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass


class Step(enum.StrEnum):
    """A moment in the life of a workload. Each begins where the one before ended."""

    HELP = "help"
    COLD = "cold"
    NOOP = "noop"
    CHANGE = "change"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the table: a step of a workload of `count` services (0: no workload is needed)."""

    step: Step
    count: int
    is_chain: bool = False

    @property
    def group(self) -> str:
        """What `--cases` calls it."""
        return "chain" if self.is_chain else self.step.value

    @property
    def key(self) -> str:
        """What the JSON calls it, e.g. `cold-chain-5`."""
        parts = [self.step.value, "chain" if self.is_chain else "", str(self.count or "")]
        return "-".join(part for part in parts if part)

    @property
    def title(self) -> str:
        services = f"chain of {self.count} with health checks" if self.is_chain else f"{self.count} services"
        return {
            Step.HELP: "`--help`",
            Step.COLD: f"cold up, {services}",
            Step.NOOP: f"no-op up, {services}",
            Step.CHANGE: f"one environment variable changed, {services}",
            Step.DOWN: f"down, {services}",
        }[self.step]


CASES = (
    Case(step=Step.NOOP, count=5),
    Case(step=Step.NOOP, count=10),
    Case(step=Step.NOOP, count=25),
    Case(step=Step.NOOP, count=5, is_chain=True),
    Case(step=Step.COLD, count=5),
    Case(step=Step.COLD, count=10),
    Case(step=Step.COLD, count=25),
    Case(step=Step.COLD, count=5, is_chain=True),
    Case(step=Step.CHANGE, count=10),
    Case(step=Step.DOWN, count=10),
    Case(step=Step.HELP, count=0),
)
# Tables of their own: of phlo alone roles with tasks, many hosts, cold runs against their critical path, and clients of
# its API; of all tools hosts over SSH.
TASKS, FLEET, PATH, API, SSH = "tasks", "fleet", "path", "api", "ssh"
GROUPS = (*dict.fromkeys(case.group for case in CASES), TASKS, PATH, FLEET, API, SSH)


def select(groups: Collection[str], *, largest: int) -> tuple[Case, ...]:
    """The cases of these groups whose workload has at most `largest` services.

    With `largest` below 10, change and down are measured on that many services instead.
    """
    chosen = [case for case in CASES if case.group in groups]
    small = [
        Case(step=case.step, count=min(case.count, largest)) if case.step in (Step.CHANGE, Step.DOWN) else case
        for case in chosen
    ]
    return tuple(case for case in small if case.count <= largest)


def workloads(cases: Collection[Case]) -> list[tuple[int, bool]]:
    """(count, is_chain) of every workload that the cases need, smallest first."""
    return sorted({(case.count, case.is_chain) for case in cases if case.count})
