"""Which steps of a plan are ready: those of which everything that they need has ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from phlo.values import Step


class StepGraph:
    """The steps of a plan and what each still waits for; one thread at a time uses it."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self._ranks = {step.id: rank for rank, step in enumerate(steps)}
        self._needs = {step.id: set(step.after) for step in steps}
        self._dependents: dict[str, list[Step]] = defaultdict(list)
        for step in steps:
            for need in self._needs[step.id]:
                self._dependents[need].append(step)

    def rank(self, step: Step) -> int:
        """The position of a step in the plan."""
        return self._ranks[step.id]

    def first(self) -> Iterator[Step]:
        """The steps that wait for nothing."""
        return (step for step in self._steps if not self._needs[step.id])

    def put_off(self, step: Step, ahead: set[str]) -> None:
        """Let a step that was ready wait for others."""
        self._needs[step.id] = ahead
        for name in ahead:
            self._dependents[name].append(step)

    def freed_by(self, step: Step) -> Iterator[Step]:
        """The steps that are ready now that a step has ended."""
        for dependent in self._dependents[step.id]:
            needs = self._needs[dependent.id]
            needs.discard(step.id)
            if not needs:
                yield dependent
