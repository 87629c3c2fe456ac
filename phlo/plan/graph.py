"""A plan: steps in an order that respects what each needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from phlo.errors import PlanError
from phlo.frozen import dataclass
from phlo.values import Secret, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Steps, each after those it needs; equal inputs give an equal plan.

    title:   what the plan is for (`up`, `down`, `restart`).
    secrets: what must be masked in everything that a run of this plan shows.
    """

    title: str
    project: str
    steps: tuple[Step, ...]
    warnings: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = ()

    def hosts(self) -> tuple[str, ...]:
        return tuple(sorted({step.host for step in self.steps}))


def ordered(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps so that each comes after those it names in `after`; as given where that leaves a choice.

    Raises PlanError for a cycle (shown as a path), an unknown id and an id that stands twice.
    """
    by_id: dict[str, Step] = {}
    for step in steps:
        if step.id in by_id:
            raise PlanError(f"two steps have the id {step.id}")
        by_id[step.id] = step
    placed: dict[str, Step] = {}
    for step in by_id.values():
        _place(step, by_id, placed)
    return tuple(placed.values())


def _place(first: Step, by_id: Mapping[str, Step], placed: dict[str, Step]) -> None:
    """Place `first` and before it what it needs, without recursion: a chain may be thousands of steps long."""
    path: dict[str, None] = {}
    stack = [first]
    while stack:
        step = stack[-1]
        if step.id in placed:
            stack.pop()
            continue
        path[step.id] = None
        waiting = [need for need in step.after if need not in placed]
        if not waiting:
            placed[step.id] = step
            del path[step.id]
            stack.pop()
            continue
        need = waiting[0]
        if need not in by_id:
            raise PlanError(f"{step.id} needs {need}, which is not in the plan")
        if need in path:
            cycle = [*path]
            names = [*cycle[cycle.index(need) :], need]
            raise PlanError(f"these steps wait for each other: {' -> '.join(names)}")
        stack.append(by_id[need])
